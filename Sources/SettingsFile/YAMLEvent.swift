/// One step through a YAML text, as libyaml sees it.
struct YAMLEvent: Equatable {
  enum Kind: Equatable {
    case streamStart, streamEnd, documentStart, documentEnd
    case mappingStart, mappingEnd, sequenceStart, sequenceEnd
    /// A text; `isPlain` when it stands without quotes, so that `true` may be a switch.
    case scalar(String, isPlain: Bool)
    case alias
  }

  let kind: Kind
  /// Where it begins, from 1.
  let line: Int
  /// Whether it carries a tag (`!!int`) or an anchor (`&name`).
  let isMarked: Bool
}
