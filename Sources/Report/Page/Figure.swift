/// A chart or a table with its title and what it means: a part of a page, and, where it is a chart, a drawing of its own.
struct Figure {
  let title: String
  let words: String
  /// Nil where there is nothing to draw, or a table.
  let chart: Chart?
  let legend: Markup
  private let content: Markup

  /// A chart.
  init(_ chart: Chart, _ words: String, legend: Markup = Markup()) {
    (title, self.words, self.chart, self.legend) = (chart.title, words, chart, legend)
    content = chart.svg + legend
  }

  /// Something else.
  init(_ title: String, _ words: String, _ content: Markup) {
    (self.title, self.words, chart, legend, self.content) = (title, words, nil, Markup(), content)
  }

  /// For a page.
  var markup: Markup {
    Markup(
      "figure", [:],
      Markup("figcaption", [:], Markup("strong", [:], Markup(title)) + Markup(PagePart.unbroken(words))), content)
  }
}
