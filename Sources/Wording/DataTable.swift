import Foundation

/// A table of names and numbers, for a spreadsheet, a paper or a page of notes.
package struct DataTable: Sendable {
  /// A cell.
  package enum Cell: Sendable {
    case text(String)
    /// A number; what is no number is left empty.
    case number(Double)
    case count(Int)
  }

  /// The names of the columns.
  package let columns: [String]
  package private(set) var rows: [[Cell]] = []

  package init(_ columns: [String]) { self.columns = columns }

  /// Adds a row of as many cells as there are columns.
  package mutating func add(_ row: [Cell]) { rows.append(row) }

  /// Values separated by commas, every digit of every number (RFC 4180, with plain line ends).
  package var csv: String {
    ([columns.map(Self.quoted)] + rows.map { $0.map(Self.csv) }).map { $0.joined(separator: ",") }.joined(
      separator: "\n")
  }

  private static func csv(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): quoted(text)
    case .number(let value): value.isFinite ? "\(value)" : ""
    case .count(let value): "\(value)"
    }
  }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}

/// Words in rows, as they are set: for Markdown and LaTeX.
package struct TypesetTable: Sendable {
  /// Words that are set as they are, and mathematics, which is LaTeX between dollars and plain elsewhere.
  package enum Cell: Sendable {
    case text(String)
    case math(latex: String, plain: String)
  }

  /// The heads of the columns; the first is set to the left, the others to the right.
  package let heads: [Cell]
  package private(set) var rows: [[Cell]] = []
  /// What stands below, in sentences.
  package let notes: [String]

  package init(_ heads: [Cell], notes: [String] = []) {
    self.heads = heads
    self.notes = notes
  }

  /// Adds a row.
  package mutating func add(_ row: [Cell]) { rows.append(row) }

  /// A table of GitHub's Markdown.
  package var markdown: String {
    func line(_ cells: [Cell]) -> String {
      "| " + cells.map { Self.plain($0).replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |"
    }
    let rule = "|" + heads.indices.map { $0 == 0 ? "---" : "---:" }.joined(separator: "|") + "|"
    let table = ([line(heads), rule] + rows.map(line)).joined(separator: "\n")
    return notes.isEmpty ? table : table + "\n\n" + notes.joined(separator: " ")
  }

  /// A tabular of LaTeX, with the rules of booktabs; the notes are comments.
  package var latex: String {
    func line(_ cells: [Cell]) -> String { "  " + cells.map(Self.latex).joined(separator: " & ") + " \\\\" }
    let columns = heads.indices.map { $0 == 0 ? "l" : "r" }.joined()
    return
      (notes.map { "% \($0)" } + ["\\begin{tabular}{\(columns)}", "  \\toprule", line(heads), "  \\midrule"]
      + rows.map(line) + ["  \\bottomrule", "\\end{tabular}"]).joined(separator: "\n")
  }

  private static func plain(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): text
    case .math(_, let plain): plain
    }
  }

  private static func latex(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): escaped(text)
    case .math(let latex, _): "$\(latex)$"
    }
  }

  /// Words as LaTeX takes them.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      case "\\": result += "\\textbackslash{}"
      default: result.append(character)
      }
    }
  }
}
