// Command bench measures authkit, the vendor's own client and emulator, and the machine's limits beside each other: in one run,
// in turns, against the same local server. It prints tables, and a full run writes results.json, docs/performance.md and its
// chart. `make bench` starts it.
//
//	go run . -short               sees that everything works, in a minute
//	go run . -only token,save     some of it, and nothing is written
//	go run . -keep -only window   some of it, written beside what is kept of the results published before
//	go run . -draw                writes the page anew from results.json, without measuring
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func main() {
	testing.Init() // its benchmark loop is used outside of tests
	short := flag.Bool("short", false, "few rounds, nothing is written")
	only := flag.String("only", "", "the benchmarks to run, with commas; nothing is written without -keep")
	keep := flag.Bool("keep", false, "with -only: write these, and keep the rest of the published results")
	draw := flag.Bool("draw", false, "write the page from results.json, without measuring")
	dir := flag.String("dir", "../.cache", "where the scratch folder is made: saves are measured on its disk")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *dir, choice{short: *short, draw: *draw, keep: *keep, only: *only}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

// choice is what the flags say.
type choice struct {
	short, draw, keep bool
	only              string
}

func run(ctx context.Context, dir string, c choice) error {
	home, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	b := &bench{home: home, short: c.short}
	if c.draw {
		r, err := b.published()
		if err != nil {
			return err
		}
		return b.publish(r)
	}
	if err := flag.Set("test.benchtime", "200ms"); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(dir, "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	}
	r, err := b.measure(ctx, c.only)
	if err != nil || c.short || c.only != "" && !c.keep {
		return err
	}
	if c.only != "" {
		fresh := r
		if r, err = b.published(); err != nil {
			return err
		}
		r.take(fresh)
	}
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(b.results(), append(data, '\n'), 0o644), b.publish(r)) //nolint:gosec // it is published
}

func (b *bench) results() string { return filepath.Join(b.home, "results.json") }

// published reads what a run before this one has written.
func (b *bench) published() (*results, error) {
	data, err := os.ReadFile(b.results())
	if err != nil {
		return nil, err
	}
	r := new(results)
	return r, json.Unmarshal(data, r)
}

// measure runs the benchmarks one after the other, and prints each as soon as it is known.
func (b *bench) measure(ctx context.Context, only string) (*results, error) {
	r := &results{Machine: b.machine(ctx)}
	wanted := strings.Split(only, ",")
	for _, benchmark := range benchmarks {
		if only != "" && !slices.Contains(wanted, benchmark.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring:", benchmark.name)
		s, err := benchmark.run(b, ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", benchmark.name, err)
		}
		fmt.Println(s.markdown())
		r.Sections = append(r.Sections, *s)
	}
	r.Machine.LoadAfter, r.Machine.Took = load(), time.Since(r.Machine.Started).Round(time.Second).String()
	fmt.Println(r.Machine.markdown())
	return r, nil
}

// publish writes the page and its chart.
func (b *bench) publish(r *results) error {
	docs := filepath.Join(filepath.Dir(b.home), "docs")
	return errors.Join(writeInto(filepath.Join(docs, "performance.md"), r.markdown()),
		os.WriteFile(filepath.Join(docs, "images", "performance.svg"), []byte(r.chart()), 0o644)) //nolint:gosec // it is published
}
