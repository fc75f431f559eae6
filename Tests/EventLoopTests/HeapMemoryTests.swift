import EventLoop
import Glibc
import Testing

struct HeapMemoryTests {
  /// Below the allocator's threshold for blocks of their own.
  private static let size = 96 * 1024
  private static let count = 1_000
  private static let page = 4096

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

  @Test func `memory between blocks that live is given back`() {
    var large: [UnsafeMutableRawPointer] = []
    var small: [UnsafeMutableRawPointer] = []
    for _ in 0..<Self.count {
      let block = malloc(Self.size)!
      memset(block, 1, Self.size)
      large.append(block)
      small.append(malloc(64)!)
    }
    large.forEach { free($0) }
    let before = residentPages(large)
    #expect(before > Self.count * 4)
    #expect(HeapMemory.freeBytes() > Self.count * Self.size / 8)
    #expect(HeapMemory.residentBytes() > Self.count * Self.size / 8)
    HeapMemory.giveBack()
    #expect(residentPages(large) < before / 2)
    small.forEach { free($0) }
  }
}
