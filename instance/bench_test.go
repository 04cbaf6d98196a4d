package instance

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// BenchmarkSecondProcess measures from the start of a second process to the arrival of its message in the first, and reports
// the median and the 99th percentile. For 1,000 starts: go test -run '^$' -bench SecondProcess -benchtime 1000x
func BenchmarkSecondProcess(b *testing.B) {
	dir := b.TempDir()
	arrived := serve(b, dir)
	var times []time.Duration
	for b.Loop() {
		second := partCommand(b, "app", dir, "com.example.notes://callback?code=1&state=2")
		begin := time.Now()
		if err := second.Start(); err != nil {
			b.Fatal(err)
		}
		<-arrived
		times = append(times, time.Since(begin))
		if err := second.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	report(b, times)
}

// BenchmarkHandOver measures what Claim itself takes when there is a primary.
func BenchmarkHandOver(b *testing.B) {
	dir := b.TempDir()
	arrived := serve(b, dir)
	var times []time.Duration
	for b.Loop() {
		begin := time.Now()
		if _, err := Claim(b.Context(), Config{AppID: testApp, Dir: dir, Message: "x"}); !errors.Is(err, ErrHandedOver) {
			b.Fatal(err)
		}
		times = append(times, time.Since(begin))
		<-arrived
	}
	report(b, times)
}

// BenchmarkBecomePrimary measures what Claim itself takes when there is none.
func BenchmarkBecomePrimary(b *testing.B) {
	dir := b.TempDir()
	var times []time.Duration
	for b.Loop() {
		begin := time.Now()
		primary, err := Claim(b.Context(), Config{AppID: testApp, Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(begin))
		if err := primary.Close(); err != nil {
			b.Fatal(err)
		}
	}
	report(b, times)
}

func serve(b *testing.B, dir string) (arrived chan string) {
	b.Helper()
	primary, err := Claim(b.Context(), Config{AppID: testApp, Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = primary.Close() })
	arrived = make(chan string, 1)
	primary.Serve(func(message string) { arrived <- message })
	return arrived
}

func report(b *testing.B, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	for name, at := range map[string]int{"p50-ms": 50, "p99-ms": 99} {
		b.ReportMetric(times[(len(times)-1)*at/100].Seconds()*1000, name)
	}
}
