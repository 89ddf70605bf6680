/// A piece of HTML or SVG, well-formed as XML too. Text and attribute values are escaped when they come in, so a string
/// can't become markup.
struct Markup: Equatable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  private(set) var source = ""

  /// Nothing.
  init() {}

  /// Text: whatever it holds is shown as it is.
  init(_ text: String) { source = Markup.escaped(text) }

  init(stringLiteral text: String) { self.init(text) }

  /// An element with its content.
  init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: Markup...) {
    self.init(name, attributes, content)
  }

  /// An element with its content.
  init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ content: [Markup]) {
    source = "<" + name
    for (key, value) in attributes { source += " \(key)=\"\(Markup.escaped(value))\"" }
    let isVoid = Markup.voidElements.contains(name)
    if isVoid || (content.isEmpty && Markup.shapes.contains(name)) {
      source += "/>"
    } else {
      source += ">"
      for part in content { source += part.source }
      source += "</\(name)>"
    }
    if Markup.blocks.contains(name) { source += "\n" }
  }

  /// A document around its root element.
  static func document(_ root: Markup) -> String { "<!DOCTYPE html>\n" + root.source }

  /// An element whose content is no text for people: a style sheet. It must not hold `<` or `&`.
  static func style(_ sheet: String) -> Markup {
    precondition(!sheet.contains("<") && !sheet.contains("&"))
    var result = Markup()
    result.source = "<style>\n\(sheet)</style>\n"
    return result
  }

  static func + (a: Markup, b: Markup) -> Markup {
    var sum = a
    sum.source += b.source
    return sum
  }

  static func += (a: inout Markup, b: Markup) { a.source += b.source }

  /// Text with what XML has a meaning for replaced; characters that XML can't hold become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE:
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static let voidElements: Set = ["meta", "img", "br"]
  private static let shapes: Set = ["rect", "path", "line", "circle"]
  /// Elements that end a line, so that a difference of two pages can be read.
  private static let blocks: Set = [
    "head", "meta", "title", "h1", "h2", "h3", "p", "div", "section", "figure", "figcaption", "svg", "table", "tr",
    "li",
    "ul", "dl", "dd", "g", "header", "main", "footer", "pre",
  ]
}

extension [Markup] {
  /// All, one after the other.
  var joined: Markup { reduce(into: Markup()) { $0 += $1 } }
}
