import { useEffect, useState } from "react";

/** Time left, once a second while somebody can see it. Not a live region: it would talk without end. */
export function Countdown({ until }: { until: string }) {
  const now = useNow();
  const seconds = Math.ceil((Date.parse(until) - now) / 1000);
  return (
    <time dateTime={until} className="countdown">
      {seconds > 0 ? `expires in ${timeLeft(seconds)}` : "expired; the next use renews it"}
    </time>
  );
}

export function timeLeft(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return `${String(hours)} h ${String(minutes)} min`;
  if (minutes > 0) return `${String(minutes)} min ${String(seconds % 60)} s`;
  return `${String(seconds)} s`;
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return now;
}
