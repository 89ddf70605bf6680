import Evidence
import Foundation
import JSON
import TestSupport
import Testing

@testable import EvidenceCommand
@testable import Report

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct ReportPageTests {
  static func page(
    _ results: HandmadeResults, units: [(path: String, file: UnitsFile)] = [],
    checks: [(path: String, file: CheckFile)] = []
  ) throws -> String {
    try withTemporaryDirectory { directory in
      let path = directory + "/results.h5"
      try results.write(to: path)
      let subject = try ReportSubject(ResultsFile(reading: path))
      var page = ReportPage(subject: subject, units: units)
      page.checks = checks
      return try page.html()
    }
  }

  /// What a browser would show: the text of all elements beside the style sheet.
  final class Reader: NSObject, XMLParserDelegate {
    private(set) var text = ""
    private(set) var elements: [String: Int] = [:]
    private(set) var attributes: [(name: String, value: String)] = []
    private(set) var isValid = false
    private var isStyle = false

    init(_ page: String) {
      super.init()
      let parser = XMLParser(data: Data(page.utf8))
      parser.delegate = self
      isValid = parser.parse()
    }

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      elements[name, default: 0] += 1
      isStyle = name == "style"
      for (key, value) in attributes { self.attributes.append((key, value)) }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
      isStyle = false
      text += " "
    }

    func parser(_ parser: XMLParser, foundCharacters characters: String) {
      if !isStyle { text += characters }
    }

    /// Without runs of spaces.
    var words: String { text.split { $0.isWhitespace }.joined(separator: " ") }
  }

  static let ten = HandmadeResults(
    values: (0..<10).map { -80 - Double($0) }, errors: (0..<10).map { _ in 0.1 },
    sampleSizes: (0..<10).map { 100 + 10 * Double($0) }, shapes: (0..<10).map { 0.1 + 0.05 * Double($0) })

  @Test func numbers() throws {
    let words = Reader(try Self.page(Self.ten)).words
    // Mean −84.5; sd 3.0277 / √10 = 0.957; √(10 · 0.01) / 10 = 0.0316; bias −0.01 / 2; NLL / (4 ln 2).
    for expected in [
      "small", "mean log p(x) −84.50 nats", "± 0.96 data", "± 0.032 Monte Carlo", "NLL 84.50 nats",
      "Bits per dimension 30.4769", "ELBO −89.50 nats", "Bias, to first order −0.0050 nats", "145 median; least 100",
      "0.33 median; largest 0.55", "Nothing to warn of", "−86.50", "From k = 500 to 5 000 it still rises by 0.50 nats",
      "--samples 5000", "--examples 0..10", "2026-01-02T03:05:05Z", String(repeating: "a", count: 64),
    ] { #expect(words.contains(expected), "\(expected)") }
    #expect(!words.contains("in progress"))
    #expect(words.contains("k̂ ≤ 0.5 errors hold 9 90 % 100"))
  }

  @Test func worstAndLeastReliableComeInOrder() throws {
    let words = Reader(try Self.page(Self.ten)).words
    let worst = try #require(words.range(of: "Lowest log p(x)"))
    let reliable = try #require(words.range(of: "Least reliable"))
    #expect(worst.upperBound < reliable.lowerBound)
    #expect(words[worst.upperBound...].contains("9 −89.00 0.10 0.55 190 8 −88.00"))
  }

  @Test func pageNeedsNothingElse() throws {
    let page = try Self.page(Self.ten, units: [("units.json", try UnitsFileTests.file())])
    let allowed = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"]
    var rest = page
    for name in allowed { rest = rest.replacingOccurrences(of: "xmlns=\"\(name)\"", with: "") }
    for forbidden in ["http", "//", "url(", "@import", "<script", "javascript", "<link", "<iframe"] {
      // Two slashes are in the base64 of no image here.
      #expect(!rest.lowercased().contains(forbidden), "\(forbidden)")
    }
    let reader = Reader(page)
    #expect(reader.isValid)
    #expect(!reader.attributes.contains { $0.name == "href" })
  }

  @Test func everyChartHasWords() throws {
    let page = try Self.page(Self.ten, units: [("units.json", try UnitsFileTests.file())])
    let charts = page.components(separatedBy: "class=\"chart\"").dropFirst()
    #expect(charts.count == 9)
    for chart in charts {
      #expect(chart.hasPrefix("><title>"))
      #expect(chart.prefix(400).contains("<desc>"))
    }
    #expect(!page.contains("nan") && !page.contains("inf\""))
  }

  @Test func charactersOfMarkupAreText() throws {
    var results = Self.ten
    results.modelName = "<script>alert(1)</script> & \"quotes\" \u{1}"
    results.dataset = "/a<b>&'c'"
    results.model = "my model's <file>.h5"
    let page = try Self.page(results)
    #expect(!page.contains("<script"))
    let reader = Reader(page)
    #expect(reader.isValid)
    #expect(reader.words.contains("<script>alert(1)</script> & \"quotes\" \u{FFFD}"))
    #expect(reader.words.contains("--dataset '/a<b>&'\\''c'\\'''"))
    #expect(reader.elements["script"] == nil)
  }

  @Test func noExampleYet() throws {
    var results = HandmadeResults(total: 200, isFinished: false)
    results.values = []
    let reader = Reader(try Self.page(results))
    #expect(reader.isValid)
    #expect(reader.words.contains("in progress: 0 of 200 examples"))
    #expect(reader.words.contains("No example has been measured yet."))
  }

  @Test func oneExample() throws {
    let reader = Reader(try Self.page(HandmadeResults(values: [-3.25])))
    #expect(reader.isValid)
    #expect(reader.words.contains("−3.25 nats"))
    #expect(reader.words.contains("± ? data one example says nothing about others"))
  }

  @Test func runInProgress() throws {
    var results = Self.ten
    (results.total, results.isFinished) = (200, false)
    let words = Reader(try Self.page(results)).words
    #expect(words.contains("in progress: 10 of 200 examples All figures below are of those alone."))
  }

  @Test func whatIsNotFiniteIsCounted() throws {
    var results = Self.ten
    results.values[2] = .nan
    results.values[3] = -.infinity
    results.values[4] = -.infinity
    results.shapes?[5] = .nan
    let page = try Self.page(results)
    let words = Reader(page).words
    #expect(words.contains("not a number nats"))
    #expect(words.contains("Not drawn: 3 examples (1 without a value, 2 at −∞)."))
    #expect(words.contains("Not drawn: 1 example without k̂."))
    #expect(words.contains("3 of 10 examples have an estimate that is not finite (example 2, 3, 4)"))
    #expect(words.contains("no k̂ not defined 1 10 %"))
    #expect(words.contains("example log p(x) ± MC k̂ ESS 2 NaN"))
    #expect(Reader(page).isValid)
  }

  @Test func shapesNowhereDefined() throws {
    var results = HandmadeResults(samples: 5, curveSamples: [1, 5], values: Self.ten.values)
    results.shapes = results.values.map { _ in .nan }
    results.sampleSizes = results.values.indices.map { 1 + Double($0) / 3 }
    let reader = Reader(try Self.page(results))
    #expect(reader.isValid)
    #expect(reader.words.contains("k̂ is not defined for 5 draws."))
    #expect(reader.words.contains("Least reliable: lowest effective sample size"))
  }

  @Test func unreliableErrorIsNotShownAsOne() throws {
    var results = Self.ten
    results.shapes?[0] = 0.9
    let words = Reader(try Self.page(results)).words
    #expect(words.contains("± ? Monte Carlo"))
    #expect(words.contains("1 of 10 examples has k̂ > 0.70"))
  }

  @Test func crossEntropyIsCalledSo() throws {
    var results = Self.ten
    results.quantity = "cross-entropy"
    let words = Reader(try Self.page(results)).words
    #expect(words.contains("mean −cross-entropy of the grey data −84.50 nats"))
    #expect(words.contains("Cross-entropy 84.50 nats"))
    #expect(!words.contains("mean log p(x)"))
    #expect(!words.contains("NLL"))
  }

  @Test func boundWithoutWeights() throws {
    var results = HandmadeResults(curveSamples: [], estimator: "elbo", values: Self.ten.values)
    results.shapes = results.values.map { _ in .nan }
    results.sampleSizes = results.values.map { _ in .nan }
    let reader = Reader(try Self.page(results))
    #expect(reader.isValid)
    #expect(reader.words.contains("mean ELBO −84.50 nats"))
    #expect(!reader.words.contains("k̂"))
  }

  @Test func olderFilesSayLess() throws {
    var results = Self.ten
    (results.modelName, results.quantity, results.elements) = (nil, nil, nil)
    let words = Reader(try Self.page(results)).words
    #expect(words.hasPrefix("model: log p(x)"))
    #expect(words.contains("Bits per dimension – the file does not say how many dimensions"))
  }

  @Test func manyExamplesMakeNoLargePage() throws {
    let count = 100_000
    // A cloud without a random number: two irrational rotations.
    func turn(_ index: Int, _ step: Double) -> Double { (Double(index) * step).truncatingRemainder(dividingBy: 1) }
    var results = HandmadeResults(values: (0..<count).map { -90 + 20 * turn($0, 0.618_033_988_749) })
    results.shapes = (0..<count).map { 1.2 * turn($0, 0.414_213_562_373) }
    results.sampleSizes = (0..<count).map { 1 + 4000 * turn($0, 0.732_050_807_568) }
    let page = try Self.page(results)
    #expect(page.utf8.count < 400_000)
    #expect(Reader(page).words.contains("the stronger, the more examples"))
    #expect(Reader(page).isValid)
  }

  @Test func samePageEveryTime() throws {
    try withTemporaryDirectory { directory in
      try Self.ten.write(to: directory + "/results.h5")
      let pages = try (0..<2).map { _ in
        try ReportPage(subject: ReportSubject(ResultsFile(reading: directory + "/results.h5"))).html()
      }
      #expect(pages[0] == pages[1])
    }
  }
}

extension ReportSubject {
  /// Results in the words of the command.
  init(_ file: ResultsFile) throws { try self.init(file, words: CommandWords()) }
}
