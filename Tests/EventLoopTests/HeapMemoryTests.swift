import EventLoop
import Glibc
import Testing

struct HeapMemoryTests {
  /// Below the allocator's threshold for blocks of their own.
  private static let size = 96 * 1024
  private static let count = 1_000
  private static let page = 4096
  private static let isAllocatorOfGlibc =
    dlsym(nil, "__tsan_init") == nil && dlsym(nil, "__asan_init") == nil

  /// How many pages of blocks, freed or not, are in memory; of other processes and tests nothing.
  private func residentPages(_ blocks: [UnsafeMutableRawPointer]) -> Int {
    var found = 0
    var flags = [UInt8](repeating: 0, count: Self.size / Self.page - 1)
    for block in blocks {
      let first = UnsafeMutableRawPointer(
        bitPattern: (UInt(bitPattern: block) + UInt(Self.page) - 1) & ~UInt(Self.page - 1))
      guard mincore(first, flags.count * Self.page, &flags) == 0 else { continue }
      found += flags.count { $0 & 1 == 1 }
    }
    return found
  }

  /// Every second block is freed, so that neither its neighbours nor the end of the heap take it up
  /// before `giveBack` is asked to.
  @Test(.enabled(if: Self.isAllocatorOfGlibc, "sanitizers bring an allocator of their own"))
  func `memory between blocks that live is given back`() {
    var living: [UnsafeMutableRawPointer] = []
    var freed: [UnsafeMutableRawPointer] = []
    for number in 0..<2 * Self.count {
      let block = malloc(Self.size)!
      memset(block, 1, Self.size)
      if number % 2 == 0 { freed.append(block) } else { living.append(block) }
    }
    freed.forEach { free($0) }
    let before = residentPages(freed)
    #expect(before > Self.count * 20)
    #expect(HeapMemory.freeBytes() > Self.count * Self.size / 2)
    #expect(HeapMemory.residentBytes() > Self.count * Self.size / 2)
    HeapMemory.giveBack()
    #expect(residentPages(freed) < before / 2)
    living.forEach { free($0) }
  }
}
