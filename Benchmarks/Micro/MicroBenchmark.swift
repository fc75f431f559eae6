internal import CAllocationCount
internal import Glibc

/// One operation, and how it is measured.
///
/// Time is the CPU time of this process, so that a busy machine disturbs it less than a clock on
/// the wall. Each round does as many operations as take about 20 ms; two rounds of warm-up are
/// thrown away.
struct MicroBenchmark {
  /// What one operation cost, over several rounds.
  struct Figures {
    /// CPU nanoseconds per operation of each round, ascending.
    let rounds: [Double]
    /// Heap allocations per operation of the last round.
    let allocations: Double

    var minimum: Double { rounds.first ?? 0 }
    var median: Double { rounds.isEmpty ? 0 : rounds[rounds.count / 2] }
    /// Largest less smallest, of the median.
    var spread: Double { median > 0 ? ((rounds.last ?? 0) - minimum) / median : 0 }
  }

  private static let roundNanoseconds = 20_000_000.0

  let name: String
  /// Bytes one operation handles; 0 where that makes no sense.
  let bytes: Int
  /// Does the operation so many times.
  let run: (_ iterations: Int) -> Void

  /// Measures `rounds` rounds.
  func measure(rounds: Int) -> Figures {
    precondition(rounds > 0)
    // What is made for the first operation is no part of it.
    run(1)
    let iterations = iterationsPerRound()
    run(iterations)
    var times: [Double] = []
    times.reserveCapacity(rounds)
    var allocations = 0.0
    for _ in 0..<rounds {
      let before = allocation_count()
      let start = MicroBenchmark.now()
      run(iterations)
      let end = MicroBenchmark.now()
      allocations = Double(allocation_count() - before) / Double(iterations)
      times.append((end - start) / Double(iterations))
    }
    return Figures(rounds: times.sorted(), allocations: allocations)
  }

  /// Doubles the operations until they take long enough to be timed, then scales.
  private func iterationsPerRound() -> Int {
    var iterations = 1
    while true {
      let start = MicroBenchmark.now()
      run(iterations)
      let taken = MicroBenchmark.now() - start
      if taken > MicroBenchmark.roundNanoseconds / 4 {
        return max(1, Int(Double(iterations) * MicroBenchmark.roundNanoseconds / taken))
      }
      precondition(iterations < 1 << 40, "\(name) takes no time at all")
      iterations *= 2
    }
  }

  private static func now() -> Double {
    var time = timespec()
    let status = clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    precondition(status == 0, "no CPU clock")
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
