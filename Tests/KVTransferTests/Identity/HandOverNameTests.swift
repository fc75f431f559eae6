import Testing
import Vocabulary

@testable import KVTransfer

struct HandOverNameTests {
  @Test(arguments: [
    (UInt64(0), UInt64(0), "00000000-0000-4000-8000-000000000000"),
    (.max, .max, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
    (0x0123_4567_89AB_CDEF, 0x0011_2233_4455_6677, "01234567-89ab-4def-8011-223344556677"),
    (0xF0E0_D0C0_B0A0_9080, 0xC001_0203_0405_060A, "f0e0d0c0-b0a0-4080-8001-02030405060a"),
  ])
  func `a number is written as a version 4 UUID`(high: UInt64, low: UInt64, expected: String) {
    var dashed = ByteBuffer()
    HandOverName.appendUUID(of: (high, low), to: &dashed)
    #expect(dashed.text == expected)
    var plain = ByteBuffer()
    HandOverName.appendDigits(of: (high, low), to: &plain)
    #expect(plain.text == expected.replacing("-", with: ""))
  }
}
