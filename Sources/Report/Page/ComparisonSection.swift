import Wording

/// Several results at the head of a page: their table, what it says, and their curves together.
package struct ComparisonSection {
  private let head: [String]
  private let rows: [[String]]
  private let sentences: [String]

  /// A table, and what it says in sentences.
  package init(head: [String], rows: [[String]], sentences: [String]) {
    (self.head, self.rows, self.sentences) = (head, rows, sentences)
  }

  func markup(_ subjects: [(name: String, subject: ReportSubject)]) -> Markup {
    var parts = [
      Markup("h1", [:], Markup("\(subjects.count) models")),
      Markup("div", ["class": "verdict"], sentences.map { PagePart.paragraph($0) }),
      PagePart.table("", head, rows),
    ]
    if let plot = try? CurvePlot(subjects).drawing() {
      let words = "Where a curve still rises at its right end, its NLL would fall with more draws."
      parts.append(Markup("div", ["class": "charts"], Figure(plot.0, words).markup))
    }
    return Markup("section", [:], parts)
  }
}
