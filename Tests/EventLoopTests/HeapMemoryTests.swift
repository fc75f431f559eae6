import EventLoop
import Glibc
import Testing

struct HeapMemoryTests {
  @Test func `memory between blocks that live is given back`() {
    // Below the allocator's threshold for blocks of their own, and each with a small one beside it.
    let size = 96 * 1024
    let count = 2_000
    var large: [UnsafeMutableRawPointer] = []
    var small: [UnsafeMutableRawPointer] = []
    for _ in 0..<count {
      let block = malloc(size)!
      memset(block, 1, size)
      large.append(block)
      small.append(malloc(64)!)
    }
    large.forEach { free($0) }
    let before = HeapMemory.unusedBytes()
    #expect(before > size * count / 2)
    HeapMemory.giveBack()
    #expect(before - HeapMemory.unusedBytes() > size * count / 2)
    small.forEach { free($0) }
  }
}
