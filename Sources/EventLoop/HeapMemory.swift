internal import CLibUV

/// What the C allocator keeps of memory that was given back to it.
///
/// glibc keeps freed blocks below its top for later use, and never by itself returns them to the
/// system: after a peak the process would stay as large as it ever was. Asking takes microseconds
/// when there are few free blocks; giving back holds the allocator's locks while it runs, a tenth
/// of a second for a gigabyte, and what is used again afterwards is faulted in anew.
public enum HeapMemory {
  /// Resident bytes of the process that no live block accounts for; the program's own code and
  /// stacks are among them.
  public static func unusedBytes() -> Int {
    var resident = 0
    uv_resident_set_memory(&resident)
    let heap = mallinfo2()
    return max(0, resident - Int(clamping: heap.uordblks) - Int(clamping: heap.hblkhd))
  }

  /// Gives free pages of all of the allocator's arenas back to the system.
  public static func giveBack() {
    malloc_trim(0)
  }
}
