/// Columns that line up.
package struct TextTable {
  package enum Alignment {
    case left, right
  }

  private let alignments: [Alignment]
  private var rows: [[String]] = []
  private let indentation: String

  /// A table with one alignment a column.
  package init(_ alignments: [Alignment], indentation: String = "  ") {
    self.alignments = alignments
    self.indentation = indentation
  }

  /// Adds a row; missing cells at its end are empty.
  package mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The lines, columns two spaces apart, without spaces at their ends.
  package var lines: [String] {
    let widths = alignments.indices.map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = indentation
      for (column, cell) in row.enumerated() where column < alignments.count {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += alignments[column] == .right ? padding + cell : cell + padding
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
