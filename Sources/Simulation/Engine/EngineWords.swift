/// The words a simulated engine answers with: a fixed list of short English words.
///
/// A word's place in the list is part of its token id, so the list only ever grows at its end. Each
/// word, with the space before it, fits a `String`'s inline storage: an answer allocates nothing.
enum EngineWords {
  /// How many words there are: a power of two, so that every word is equally likely.
  static var count: Int { 512 }

  /// Word i with a space before it.
  static let spaced: [String] = list.map { " " + $0 }

  /// The place in the list of each word, by its key.
  static let places: [UInt64: UInt32] = Dictionary(
    uniqueKeysWithValues: list.enumerated().map { (key(of: $0.element.utf8), UInt32($0.offset)) })

  /// Word i without the space.
  static let bare: [String] = list

  /// A word of at most eight bytes as one number.
  static func key(of word: some Sequence<UInt8>) -> UInt64 {
    word.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static let list: [String] = {
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    precondition(words.count == count && words.allSatisfy { $0.utf8.count <= 8 })
    return words
  }()

  private static let text = """
    able about above across after again air all almost along already also always among animal
    answer any apple area arm around ask away baby back ball bank base basket bear because bed
    been before began begin behind being believe below beside best better between beyond big bird
    black blue board boat body bone book born both bottom box bread break bridge bright bring
    broken brother brown build burn bus busy butter button call calm came camp candle capital
    captain card care carry castle cat catch cause cell center certain chair change child city
    class clean clear climb clock close cloth cloud coast coat coffee cold color come common cook
    cool copper corn corner could count country course cover cow cross crowd cup current curve
    dance dark daughter day deep deer desk dinner direct dish distant doctor dog door down draw
    dream dress drink drive drop dry dust each eagle early earth east easy edge egg eight either
    electric empty energy engine enough enter equal even evening ever every example eye face fact
    fall family famous farm fast father favor feather feed feel fence few field fifteen fifty
    fight figure fill final find fine finger finish fire first fish five flag flat flour flower
    fly fog follow food foot forest forget fork form forward found four fox free fresh friend from
    front fruit full fun future game garden gate gather gave gentle giant gift girl give glad
    glass goat gold good grand grass gray great green ground group grow guess guide hair half hall
    hammer hand happy harbor hard hat have hay head hear heart heat heavy help here hidden high
    hill history hold hole home honey hope horse hot hour house hundred hungry hunt ice idea inch
    inside iron island jacket join joy juice jump just keep kettle key kind king kitchen kite knee
    knew ladder lake lamp land large last late laugh lead leaf learn leather left lemon less
    letter level light like line lion list listen little live long look loud love low lunch
    machine made magic mail main make many map march market matter maybe meadow meal mean measure
    meat meet melody metal method middle might mile milk mill mind minute mirror mix modern moment
    money month moon more morning most mother motion mountain mouse mouth move much music must
    nail name narrow near neck need nest never new next nice night nine noise noon north nose note
    nothing notice now number ocean off often oil old once one only open orange orchard order
    other our out over own page paint pair paper parent park part party pass past path pattern
    pear pen pencil people perhaps picture piece pine place plain plan plant plate play please
    plow pocket point pond poor port post potato pound power present pretty print prize proud pull
    pure push quarter queen question quick quiet quite rabbit race radio rain raise ran rather
    reach read ready real reason record red rest rice rich ride right ring rise river road rock
    roll roof room root rope rose rough round row run sad safe sail salt same
    """
}
