// Drawn for 16 pixels; they follow the colour and are silent to screen readers.
function icon(path: string) {
  return function Icon() {
    return (
      <svg
        width="16"
        height="16"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={path} />
      </svg>
    );
  };
}

export const SunIcon = icon(
  "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7",
);
export const MoonIcon = icon("M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z");
export const ScreenIcon = icon("M2 3.5h12v7.5H2zM6 13.5h4M8 11v2.5");
export const InfoIcon = icon("M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 7.3v3.5M8 5.1v.1");
export const WarningIcon = icon("M8 2.2 14.6 13.4H1.4zM8 6.6v3M8 11.4v.1");
export const OfflineIcon = icon(
  "M2 2l12 12M1.6 6.3A9.4 9.4 0 0 1 4.4 4.5M7 3.7a9.3 9.3 0 0 1 7.4 2.6M4 8.8a6 6 0 0 1 2.4-1.5M9.6 7.3A6 6 0 0 1 12 8.8M6.2 11.2a2.8 2.8 0 0 1 3.6 0M8 13.2v.1",
);
export const CopyIcon = icon("M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1");
export const CheckIcon = icon("M3 8.5l3.2 3.2L13 4.8");
export const CloseIcon = icon("M4 4l8 8M12 4l-8 8");
export const OutsideIcon = icon("M9.5 2.5h4v4M13.5 2.5 7.5 8.5M11.5 9v4.5h-9v-9H7");
