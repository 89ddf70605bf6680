/// The header of an array in numpy's format: a Python dictionary of three keys, read as strictly as Python reads it, so that a
/// damaged byte can't turn one order of the axes into the other.
struct NumpyHeader {
  /// The text of a type such as `<f4`; nil where it is no text (a record of several).
  private(set) var type: String?
  private(set) var isFortranOrder = false
  private(set) var shape: [Int] = []
  private var text: Substring.UnicodeScalarView

  /// The header; nil where it is no dictionary of `descr`, `fortran_order` and `shape`, each once, and spaces behind it.
  init?(_ header: String) {
    text = header[...].unicodeScalars
    guard take("{") else { return nil }
    var keys: Set<String> = []
    while !take("}") {
      guard let key = takeString(), keys.insert(key).inserted, take(":"), takeValue(of: key) else { return nil }
      if take(",") { continue }
      guard take("}") else { return nil }
      break
    }
    skipSpace()
    guard text.isEmpty, keys == ["descr", "fortran_order", "shape"] else { return nil }
  }

  private mutating func takeValue(of key: String) -> Bool {
    switch key {
    case "descr":
      type = takeString()
      return type != nil || takeList()
    case "fortran_order":
      isFortranOrder = takeWord("True")
      return isFortranOrder || takeWord("False")
    case "shape": return takeShape()
    default: return false
    }
  }

  /// `()`, `(3,)` or `(3, 4)`.
  private mutating func takeShape() -> Bool {
    guard take("(") else { return false }
    var hasComma = true
    while !take(")") {
      guard hasComma, let extent = takeNumber() else { return false }
      shape.append(extent)
      hasComma = take(",")
    }
    return hasComma || shape.count > 1
  }

  /// Digits without zeros in front, and the L that Python 2 wrote behind them.
  private mutating func takeNumber() -> Int? {
    skipSpace()
    let digits = text.prefix { ("0"..."9").contains($0) }
    text = text.dropFirst(digits.count)
    if text.first == "L" { text.removeFirst() }
    return digits.count > 1 && digits.first == "0" ? nil : Int(String(digits))
  }

  private mutating func takeString() -> String? {
    skipSpace()
    guard let quote = text.first, quote == "'" || quote == "\"" else { return nil }
    let inner = text.dropFirst().prefix { $0 != quote && $0 != "\\" && $0 != "\n" }
    let rest = text.dropFirst(inner.count + 1)
    guard rest.first == quote else { return nil }
    text = rest.dropFirst()
    return String(inner)
  }

  /// Fields of a record, whatever they are: such arrays are refused.
  private mutating func takeList() -> Bool {
    skipSpace()
    guard text.first == "[" else { return false }
    var depth = 0
    while let next = text.popFirst() {
      depth += next == "[" || next == "(" ? 1 : next == "]" || next == ")" ? -1 : 0
      if depth == 0 { return true }
    }
    return false
  }

  private mutating func takeWord(_ word: String) -> Bool {
    skipSpace()
    guard text.starts(with: word.unicodeScalars) else { return false }
    text = text.dropFirst(word.unicodeScalars.count)
    return true
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard text.first == scalar else { return false }
    text.removeFirst()
    return true
  }

  private mutating func skipSpace() { text = text.drop { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" } }
}
