# Everything a developer does; `make` alone says what there is.

ROUTER = .build/release/vllm-router
# Without the link to Sources.
FUZZ = Fuzz/Package.swift Fuzz/Sources

.PHONY: help setup build demo test check format bench fuzz clean

help:
	@echo "make setup   install missing packages (apt), check Swift"
	@echo "make build   build the release: $(ROUTER)"
	@echo "make demo    set up, build, and show requests routed to simulated engines"
	@echo "make test    set up, build, run all tests"
	@echo "make check   formatting, declared imports, the house's rules, what a request costs"
	@echo "make format  format all sources in place"
	@echo "make bench   micro-benchmarks: times and allocations of the parts"
	@echo "make fuzz    feed mutated bytes to each parser for a minute"
	@echo "make clean   remove what was built"

setup:
	@scripts/setup

build: setup
	swift build -c release --product vllm-router

demo: build
	$(ROUTER) demo

test: setup
	swift build --build-tests
	swift test --skip-build

check:
	@scripts/setup valgrind binutils
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks $(FUZZ)
	swift build --build-tests --explicit-target-dependency-import-check error
	swift test --skip-build --filter TidyTests
	scripts/check-thresholds

format:
	swift format format --in-place --recursive Package.swift Sources Tests Benchmarks $(FUZZ)

bench: setup
	swift build -c release
	.build/release/MicroBenchmark
	.build/release/OverheadBenchmark

fuzz: setup
	scripts/fuzz

clean:
	rm -rf .build .build-fuzz
