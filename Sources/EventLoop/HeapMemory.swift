internal import CLibUV

/// What the C allocator keeps of memory that was given back to it.
///
/// glibc keeps freed blocks below its top for later use, and never by itself returns them to the
/// system: after a peak the process would stay as large as it ever was. Asking takes microseconds
/// when there are few free blocks; giving back holds the allocator's locks while it runs, a tenth
/// of a second for a gigabyte, and what is used again afterwards is faulted in anew.
public enum HeapMemory {
  /// Bytes of the process in memory.
  public static func residentBytes() -> Int {
    var resident = 0
    uv_resident_set_memory(&resident)
    return resident
  }

  /// Bytes in the allocator's free blocks, whether or not they are in memory still.
  public static func freeBytes() -> Int {
    Int(clamping: mallinfo2().fordblks)
  }

  /// Gives free pages of all of the allocator's arenas back to the system.
  public static func giveBack() {
    malloc_trim(0)
  }
}
