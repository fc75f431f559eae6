/// What a process holds of memory, in bytes.
struct MemoryFigures {
  /// Resident pages (`VmRSS`).
  var resident: Int
  /// The most pages ever resident (`VmHWM`).
  var peak: Int
  /// Resident pages, those shared with other processes by their part (`Pss`).
  var proportional: Int
}
