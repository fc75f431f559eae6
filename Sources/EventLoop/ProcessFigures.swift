internal import CLibUV
internal import Glibc

/// What the system says of this process: memory, processor time, descriptors, age.
public struct ProcessFigures: Sendable {
  /// When the process first asked, which is at its start, in seconds since 1970.
  public let startedAt: Double
  /// Processor time so far, user and system, in seconds.
  public let processorSeconds: Double
  /// Resident memory in bytes.
  public let residentBytes: Int
  /// Open descriptors; nil on kernels that do not say so in one call (before Linux 6.2).
  public let openDescriptors: Int?
  /// The most descriptors that may be open.
  public let descriptorLimit: Int

  private static let start: Double = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }()

  /// Notes that the process has started; asked for later, it would be younger than it is.
  public static func noteStart() { _ = start }

  /// The figures of this moment; four system calls.
  public static func current() -> ProcessFigures {
    var usage = uv_rusage_t()
    uv_getrusage(&usage)
    var resident = 0
    uv_resident_set_memory(&resident)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return ProcessFigures(
      startedAt: start, processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      residentBytes: resident, openDescriptors: descriptorCount(),
      descriptorLimit: Int(clamping: limit.rlim_cur))
  }

  private static func seconds(_ time: uv_timeval_t) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }

  /// The size of `/proc/self/fd` (proc(5)): listing it would take as long as there are connections.
  private static func descriptorCount() -> Int? {
    var status = stat()
    guard stat("/proc/self/fd", &status) == 0, status.st_size > 0 else { return nil }
    return Int(status.st_size)
  }
}
