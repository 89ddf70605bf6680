import Runs
import Wording

/// The report as one HTML page that needs nothing else: no script, no network, no fonts.
package struct ReportPage {
  let subject: ReportSubject
  /// Examples as pictures, where data were given and are images.
  package var images: ExampleImages?
  /// What the model draws, where it was given.
  package var pictures: PicturePage?
  /// Files of units, with their names.
  package var units: [(path: String, file: UnitsFile)] = []
  /// Files of checks, with their names.
  package var checks: [(path: String, file: CheckFile)] = []

  /// Other results that are compared with these, under their names, and how they compare.
  package var others: [(name: String, subject: ReportSubject)] = []
  package var comparison: ComparisonSection?
  /// What these results are called among the others.
  package var name = ""

  /// A page of results.
  package init(subject: ReportSubject, images: ExampleImages? = nil, units: [(path: String, file: UnitsFile)] = []) {
    self.subject = subject
    self.images = images
    self.units = units
  }

  /// The page.
  ///
  /// - Throws: Where an example's pixels can't be read.
  package func html() throws -> String {
    let title = "\(subject.modelName): \(subject.headlineSymbol)"
    let head = Markup(
      "head", [:], Markup("meta", ["charset": "utf-8"]),
      Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      Markup("meta", ["name": "color-scheme", "content": "light dark"]),
      Markup("meta", ["name": "generator", "content": "evidence \(PackageVersion.current)"]),
      Markup("title", [:], Markup(title)), Markup.style(StyleSheet.text))
    let compared = comparison?.markup([(name, subject)] + others) ?? Markup()
    let further = others.map { other in
      HeadlineSection(subject: other.subject).markup + ChartsSection(subject: other.subject).markup
        + SettingsSection(subject: other.subject).markup
    }
    let sections: [Markup] = [
      compared, HeadlineSection(subject: subject).markup, ChartsSection(subject: subject).markup,
      try ExamplesSection(subject: subject, images: images).markup, (pictures?.sections ?? []).joined,
      checks.map { CheckSection(path: $0.path, file: $0.file, subject: subject).markup }.joined,
      units.map { UnitsSection(path: $0.path, file: $0.file, subject: subject).markup }.joined,
      SettingsSection(subject: subject).markup, further.joined,
    ]
    let footer = Markup(
      "footer", [:],
      Markup(
        "p", [:],
        Markup("Made by evidence report \(PackageVersion.current) from \(subject.path). Errors are one standard error.")
      )
    )
    return Markup.document(
      Markup(
        "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"], head,
        Markup("body", [:], Markup("main", [:], sections), footer)))
  }
}

/// Pieces that sections share.
enum PagePart {
  static func section(_ title: String, _ content: Markup...) -> Markup {
    Markup("section", [:], [Markup("h2", [:], Markup(title))] + content)
  }

  static func paragraph(_ words: String, _ style: String = "") -> Markup {
    Markup("p", style.isEmpty ? [:] : ["class": style], Markup(unbroken(words)))
  }

  /// Text whose numbers stay on one line: groups of three digits are held together.
  static func unbroken(_ words: String) -> String {
    words.replacing(#/([0-9]) (?=[0-9]{3}(?![0-9]))/#) { $0.1 + "\u{A0}" }
  }

  /// A table of numbers; the first column, and one that may be named, hold words.
  static func table(_ caption: String, _ head: [String], _ rows: [[String]], prose: Int? = nil) -> Markup {
    func cell(_ name: String, _ column: Int, _ words: String) -> Markup {
      name == "th"
        ? Markup(name, column == prose ? ["scope": "col", "class": "prose"] : ["scope": "col"], Markup(words))
        : Markup(name, column == prose ? ["class": "prose"] : [:], Markup(words))
    }
    return Markup(
      "div", ["class": "scroll"],
      Markup(
        "table", [:], caption.isEmpty ? Markup() : Markup("caption", [:], Markup(caption)),
        Markup("thead", [:], Markup("tr", [:], head.enumerated().map { cell("th", $0.offset, $0.element) })),
        Markup("tbody", [:], rows.map { Markup("tr", [:], $0.enumerated().map { cell("td", $0.offset, $0.element) }) }))
    )
  }

  /// A term, its value, and a remark.
  static func figureOfMerit(_ term: String, _ value: String, unit: String = "", _ remark: String = "") -> Markup {
    let unitMarkup = unit.isEmpty ? Markup() : Markup("span", ["class": "unit"], Markup(unit))
    let small = remark.isEmpty ? Markup() : Markup(" ") + Markup("small", [:], Markup(remark))
    return Markup(
      "div", [:], Markup("dt", [:], Markup(term)),
      Markup("dd", [:], Markup(unit.isEmpty ? value : "\(value) "), unitMarkup, small))
  }

  /// `2 are not drawn: 1 without a value, 1 at −∞.` Empty where all are finite.
  static func notDrawn(_ values: [Double], _ noun: String = "example") -> String {
    var (undefined, low, high) = (0, 0, 0)
    for value in values where !value.isFinite {
      if value.isNaN { undefined += 1 } else if value < 0 { low += 1 } else { high += 1 }
    }
    let parts = [
      undefined > 0 ? "\(Text.count(undefined)) without a value" : nil, low > 0 ? "\(Text.count(low)) at −∞" : nil,
      high > 0 ? "\(Text.count(high)) at ∞" : nil,
    ].compactMap(\.self)
    guard !parts.isEmpty else { return "" }
    return " Not drawn: \(Text.counted(undefined + low + high, noun)) (\(parts.joined(separator: ", ")))."
  }
}

extension Markup {
  /// An element around many.
  init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ content: [Markup], _ more: Markup) {
    self.init(name, attributes, content + [more])
  }
}
