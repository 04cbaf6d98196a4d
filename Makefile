# Each target is a script in scripts/, which can be called by itself too. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run dev test test-short check bench fuzz pictures cli package-linux package-windows package-macos test-packages release-dry-run clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 25

run: ## set this machine up, build the example app and start it
	@scripts/run

dev: ## the same with hot reload of the page and a rebuild on every change of Go code
	@scripts/dev

test: ## everything: checks, Go, web, Windows under Wine, the flagship sign-in. ONLY="go web" runs some of it
	@scripts/test $(ONLY)

test-short: ## the same with the long tests made small
	@SHORT=1 scripts/test $(ONLY)

check: ## format, vet, lint, types, known holes. ONLY="lint web" runs some of it
	@scripts/check $(ONLY)

bench: ## the benchmarks
	@scripts/bench

fuzz: ## every fuzz target for FUZZTIME (10s) each
	@scripts/fuzz

pictures: ## the pictures of the documentation, from the flagship test
	@scripts/pictures

cli: ## the terminal program for all systems, with man pages and completions; into dist/
	@scripts/cli

package-linux: ## a .deb, an .rpm and a .tar.gz of the example app, or of the one in APP; into dist/
	@scripts/package linux

package-windows: ## an installer for Windows
	@scripts/package windows

package-macos: ## a bundle on a disk image, signed and notarized; on a Mac
	@scripts/package-macos

test-packages: ## what people install: installed, used, upgraded and removed. ONLY="linux windows" runs some of it
	@scripts/test-packages $(ONLY)

release-dry-run: ## all that a release does on Linux, but publish; into dist/
	@scripts/release

clean: ## remove what was built; what was installed stays
	rm -rf bin dist .cache/bin .cache/logs e2e/out example/frontend/dist react/dist
