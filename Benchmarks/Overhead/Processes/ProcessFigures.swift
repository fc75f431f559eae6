internal import Glibc

/// What the kernel says about a process.
enum ProcessFigures {
  /// CPU time of all its threads, ended ones too, in nanoseconds; nil when it is gone.
  static func cpuNanoseconds(of process: Int32) -> Int64? {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0
    else { return nil }
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Its memory; nil when it is gone.
  static func memory(of process: Int32) -> MemoryFigures? {
    guard let resident = kilobytes("VmRSS:", in: "/proc/\(process)/status"),
      let peak = kilobytes("VmHWM:", in: "/proc/\(process)/status"),
      let proportional = kilobytes("Pss:", in: "/proc/\(process)/smaps_rollup")
    else { return nil }
    return MemoryFigures(
      resident: resident * 1024, peak: peak * 1024, proportional: proportional * 1024)
  }

  /// The model name of the processor, for reports.
  static func processorName() -> String {
    guard let text = contents(of: "/proc/cpuinfo") else { return "unknown processor" }
    for line in text.split(separator: "\n") where line.hasPrefix("model name") {
      return line.split(separator: ":").last.map { String($0.drop { $0 == " " }) } ?? ""
    }
    return "unknown processor"
  }

  /// The kernel's release, for reports.
  static func kernelRelease() -> String {
    let text = contents(of: "/proc/sys/kernel/osrelease") ?? "unknown kernel"
    return String(text.prefix { $0 != "\n" })
  }

  /// The load of the last minute, for reports.
  static func loadAverage() -> Double {
    var averages = [0.0]
    return getloadavg(&averages, 1) == 1 ? averages[0] : 0
  }

  private static func kilobytes(_ key: String, in path: String) -> Int? {
    guard let text = contents(of: path) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        .flatMap { Int($0) }
    }
    return nil
  }

  private static func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { Glibc.close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &piece, piece.count)
      guard count > 0 else { break }
      bytes += piece[0..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
