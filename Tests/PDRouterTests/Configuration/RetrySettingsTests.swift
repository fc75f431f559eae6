import Testing
import Vocabulary

@testable import PDRouter

struct RetrySettingsTests {
  private func faults(_ change: (inout RetrySettings) -> Void) -> [String] {
    var settings = RetrySettings()
    change(&settings)
    return settings.faults
  }

  @Test func `the defaults are the baseline's`() {
    let settings = RetrySettings()
    #expect(settings.faults == [])
    #expect(settings.attempts == 5 && settings.initialBackoff == .milliseconds(50))
    #expect(settings.longestBackoff == .seconds(30))
    #expect(settings.backoffMultiplier == 1.5 && settings.jitter == 0.2)
  }

  @Test func `every number out of its range is a fault of its own`() {
    #expect(faults { $0.attempts = 0 }.first?.contains("--retry-max-retries") == true)
    let initial = faults { $0.initialBackoff = .zero }
    #expect(initial.first?.contains("--retry-initial-backoff-ms") == true)
    let longest = faults { $0.longestBackoff = .milliseconds(49) }
    #expect(longest.first?.contains("--retry-max-backoff-ms") == true)
    for multiplier in [0.99, -.infinity, .infinity, .nan] {
      let found = faults { $0.backoffMultiplier = multiplier }
      #expect(found.first?.contains("--retry-backoff-multiplier") == true)
    }
    for jitter in [-0.1, 1.1, .nan] {
      #expect(faults { $0.jitter = jitter }.first?.contains("--retry-jitter-factor") == true)
    }
    let all = faults {
      $0.attempts = 0
      $0.backoffMultiplier = 0
      $0.jitter = 2
    }
    #expect(all.count == 3)
  }

  @Test(arguments: [
    (0, 50.0), (1, 75.0), (2, 112.5), (3, 168.75), (4, 253.125), (15, 21894.65), (16, 30_000.0),
    (1_000_000, 30_000.0),
  ])
  func `waits grow by the multiplier to the longest, and chance moves them by its share`(
    waits: Int, milliseconds: Double
  ) {
    var generator = SplitMix64(seed: UInt64(waits))
    var (least, greatest) = (Double.infinity, 0.0)
    for _ in 0..<1_000 {
      let share =
        RetrySettings().backoff(after: waits, using: &generator).inMilliseconds
        / milliseconds
      (least, greatest) = (min(least, share), max(greatest, share))
    }
    #expect(least >= 0.7999 && least < 0.82)
    #expect(greatest <= 1.2001 && greatest > 1.18)
  }

  @Test func `without chance every wait is exact`() {
    var settings = RetrySettings()
    settings.jitter = 0
    var generator = SplitMix64(seed: 1)
    let waits = (0..<3).map { settings.backoff(after: $0, using: &generator).inMilliseconds }
    #expect(waits == [50, 75, 112.5])
  }
}
