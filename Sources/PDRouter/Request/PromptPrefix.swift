internal import JSONFields
internal import Policies

/// Makes prefix chains of the prompts of request bodies, one at a time.
///
/// Hashes the bytes as the client wrote them, without reading what they say: a chat's next turn
/// begins with the bytes of the last one, and so it does for the engine. What separates caches at
/// the engine separates chains: the model or adapter, the salt, and the tools, which templates put
/// before the conversation. Owned by a loop; allocates only while a chain outgrows its predecessor.
struct PromptPrefix: ~Copyable {
  private let hasher: PrefixHasher
  private var builder: PrefixChainBuilder

  /// A reader for an index whose chains `hasher` makes.
  init(_ hasher: PrefixHasher) {
    self.hasher = hasher
    builder = PrefixChainBuilder(hasher)
  }

  /// The chain of the prompt in `body` for the model of that hash, in the memory of `chain`; empty
  /// when there is no prompt, or none that fills a block.
  mutating func read(
    _ fields: JSONFields, of body: UnsafeRawBufferPointer, for model: UInt64,
    reusing chain: consuming PrefixChain
  ) -> PrefixChain {
    guard let place = PromptPlace.find(fields)?.range, place.count > PrefixChain.blockBytes else {
      builder.begin(seed: model, reusing: chain)
      return builder.finish()
    }
    builder.begin(seed: seed(fields, body, after: model), reusing: chain)
    // What closes the prompt is not there any more when the conversation has gone on.
    builder.append(UnsafeRawBufferPointer(rebasing: body[place.dropLast()]))
    return builder.finish()
  }

  /// The hash of the model or adapter that `body` asks for, where its name has that number.
  func model(
    _ fields: JSONFields, of body: UnsafeRawBufferPointer, named number: UInt64?
  ) -> UInt64 {
    let name = number.map { hasher.hash($0, seed: 1) } ?? hash(fields[.model], body, after: 1)
    return hash(fields[.loraPath], body, after: name)
  }

  private func seed(
    _ fields: JSONFields, _ body: UnsafeRawBufferPointer, after model: UInt64
  ) -> UInt64 {
    let salted = hash(fields[.cacheSalt], body, after: model)
    return hash(fields[.tools], body, after: salted)
  }

  private func hash(
    _ field: JSONSpan?, _ body: UnsafeRawBufferPointer, after seed: UInt64
  ) -> UInt64 {
    // One that is not there must not be one that is empty, nor nothing at all.
    guard let field else { return seed &* 0x9E37_79B9_7F4A_7C15 }
    return hasher.hash(UnsafeRawBufferPointer(rebasing: body[field.range]), seed: seed)
  }
}
