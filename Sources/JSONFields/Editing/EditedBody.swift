public import Vocabulary

/// An edited body as pieces: runs of the original body and runs of new bytes, in order.
///
/// Owns the new bytes and the list of pieces, not the original: whoever holds it keeps that and
/// hands it in again. So a body of any size is edited without a copy and leaves in one gathering
/// write. Reusable; keeps its memory. Not thread-safe. An unchanged body is one piece.
public struct EditedBody: ~Copyable {
  /// Length of the edited body in bytes.
  public private(set) var count = 0
  private var pieces: [Piece] = []
  private var texts = ByteBuffer()
  private var originalCount = 0
  /// Whether it is the original as it is, which has no list of pieces.
  public private(set) var isWhole = false

  /// A run of bytes: of the new ones, or of the original.
  private struct Piece {
    let isNew: Bool
    let range: Range<Int>
  }

  /// An empty body, to be filled by `BodyEdits.apply`.
  public init() {}

  /// How many pieces it is made of.
  public var pieceCount: Int { isWhole ? count > 0 ? 1 : 0 : pieces.count }

  /// Calls `body` with all pieces in order, ready for a gathering write; `head` (unless empty)
  /// comes first.
  ///
  /// The pointers are valid only during the call. Allocates nothing below about 60 pieces.
  public func withPieces(
    of original: UnsafeRawBufferPointer,
    after head: UnsafeRawBufferPointer = .init(start: nil, count: 0),
    _ body: (UnsafeBufferPointer<UnsafeRawBufferPointer>) -> Void
  ) {
    withUnsafeTemporaryAllocation(
      of: UnsafeRawBufferPointer.self, capacity: pieceCount + 1
    ) { list in
      var used = 0
      if !head.isEmpty {
        list.initializeElement(at: 0, to: head)
        used = 1
      }
      for index in 0..<pieceCount {
        list.initializeElement(at: used, to: piece(index, of: original))
        used += 1
      }
      body(UnsafeBufferPointer(rebasing: list[..<used]))
    }
  }

  /// The bytes of piece number `index`, valid until this value or `original` changes.
  public func piece(
    _ index: Int, of original: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    precondition(original.count == originalCount, "not the body that was edited")
    guard !isWhole else {
      precondition(index == 0, "a whole body is one piece")
      return original
    }
    let piece = pieces[index]
    let source = piece.isNew ? texts.bytes : original
    return UnsafeRawBufferPointer(rebasing: source[piece.range])
  }

  /// Calls `body` with each piece in order; the pointers are valid only during the call.
  public func forEachPiece(
    of original: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    for index in 0..<pieceCount { body(piece(index, of: original)) }
  }

  /// Appends the whole edited body to `buffer`: a copy, for small bodies.
  public func append(to buffer: inout ByteBuffer, of original: UnsafeRawBufferPointer) {
    buffer.reserve(count)
    for index in 0..<pieceCount { buffer.append(piece(index, of: original)) }
  }

  /// Forgets everything; keeps memory, the buffer only up to `limit` bytes.
  public mutating func removeAll(keepingCapacityUpTo limit: Int = 64 * 1024) {
    if !pieces.isEmpty { pieces.removeAll(keepingCapacity: true) }
    isWhole = false
    texts.removeAll(keepingCapacityUpTo: limit)
    count = 0
    originalCount = 0
  }

  /// Becomes `original` as it is.
  public mutating func take(whole original: UnsafeRawBufferPointer) {
    removeAll()
    originalCount = original.count
    count = original.count
    isWhole = true
  }

  /// Becomes `original` with `splices` carried out; `newTexts` is exchanged for the own, old
  /// buffer.
  mutating func take(
    _ splices: borrowing SpliceList, texts newTexts: inout ByteBuffer,
    of original: UnsafeRawBufferPointer
  ) {
    removeAll()
    originalCount = original.count
    swap(&texts, &newTexts)
    var cutter = BodyCutter(original)
    for splice in splices.splices {
      // Inside of what is already gone: an edit of a nested object whose outer field was replaced.
      guard splice.position >= cutter.cursor else { continue }
      let cut = cutter.cut(splice)
      appendPiece(isNew: false, cutter.cursor..<cut.old.lowerBound)
      appendPiece(isNew: true, cut.new)
      cutter.cursor = cut.old.upperBound
    }
    appendPiece(isNew: false, cutter.cursor..<original.count)
  }

  private mutating func appendPiece(isNew: Bool, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    pieces.append(Piece(isNew: isNew, range: range))
    count += range.count
  }
}
