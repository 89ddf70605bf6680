import Evidence
import Foundation
import JSON
import Testing

@testable import EvidenceCommand
@testable import Report

@Suite struct UnitsFileTests {
  static let text = """
    {"command": "units",
     "model": {"path": "m.h5", "name": "<b>small</b>", "sha256": "\(String(repeating: "a", count: 64))"},
     "data": {"path": "d.h5", "dataset": "/images", "sha256": "other", "examples": 6},
     "layers": [{"layer": 1, "units": 4, "threshold": 0.01, "active": 2,
       "variance": [0.9, 0.0001, null, 0.4], "kl": [2.5, 0.001, null, 1.5],
       "varianceStandardError": [0.1, 0.00001, null, 0.05], "undecidedUnits": [],
       "pca": {"eigenvalues": [1.0, 0.3, 0.0001, -1e-18], "active": 2, "participationRatio": 1.6,
         "explained": [0.75, 0.98, 1, 1]},
       "agreement": {"verdict": "agree"},
       "scatter": {"index": [0, 1, 2, 3, 4, 5], "first": [1, 2, 3, -1, -2, null], "second": [0, 1, 0, 1, 0, 1],
         "label": [0, 1, 2, 0, 1, 2]}}],
     "ablation": {"removed": 2, "nll": 80.5, "nllAblated": 80.51, "difference": 0.01,
       "differenceStandardError": 0.004, "sweep": {"examples": 5, "kept": [0, 1, 2, 4], "nll": [200, 120, 81, 80.5],
       "difference": [119.5, 39.5, 0.5, 0], "differenceStandardError": [3, 2, 0.1, 0]}},
     "labels": "labels"}
    """

  static func file() throws -> UnitsFile { try UnitsFile(Data(text.utf8), path: "units.json") }

  @Test func figuresOfALayer() throws {
    let page = try ReportPageTests.page(ReportPageTests.ten, units: [("units.json", try Self.file())])
    let reader = ReportPageTests.Reader(page)
    #expect(reader.isValid)
    for expected in [
      "Latent units of <b>small</b>", "These units are of other data than the results above.",
      "Layer z1: 2 of 4 units active", "Active directions 2", "Participation ratio 1.6", "unit 0: 0.900 ± 0.10",
      "direction 2: 0.300", "Not drawn, at or below zero or without a value: 1.", "unit 3: 1.50 nats",
      "direction 1 (75 % of the variance)", "Not drawn, without finite means: 1.", "Labels: labels.",
      "from 80.500 to 80.510: by +0.0100 ± 0.0040 nats", "2 units: 81.00 nats",
    ] { #expect(reader.words.contains(expected), "\(expected)") }
    #expect(!reader.words.contains("of another model"))
  }

  @Test func onlyWhatIsPromised() throws {
    let text = """
      {"command": "units", "layers": [{"layer": 1, "units": 1, "threshold": 0.01, "active": 0, "variance": [0],
        "kl": [0], "pca": {"eigenvalues": [0], "active": 0}}]}
      """
    let file = try UnitsFile(Data(text.utf8), path: "units.json")
    let page = try ReportPageTests.page(ReportPageTests.ten, units: [("units.json", file)])
    #expect(ReportPageTests.Reader(page).isValid)
    #expect(page.contains("0 of 1 units active"))
  }

  @Test func textsAsLabels() throws {
    let text = Self.text.replacingOccurrences(
      of: "[0, 1, 2, 0, 1, 2]", with: "[\"a<b\", \"c\", null, \"c\", \"c\", \"c\"]")
    let file = try UnitsFile(Data(text.utf8), path: "units.json")
    let page = try ReportPageTests.page(ReportPageTests.ten, units: [("units.json", file)])
    #expect(ReportPageTests.Reader(page).words.contains("a<b c"))
  }

  @Test(arguments: [
    ("", "not JSON"), ("{}", "there is no \"command\""), ("[1]", "expected"),
    ("{\"command\": \"nll\", \"layers\": []}", "the output of `evidence nll`"),
    (
      """
      {"command": "units", "layers": [{"layer": 1, "units": 2, "threshold": 0.01, "active": 0, "variance": [0],
        "kl": [0], "pca": {"eigenvalues": [0], "active": 0}}]}
      """, "expected 2 variances and divergences, found 1 and 1"
    ),
  ]) func whatIsNoUnitsFile(text: String, words: String) throws {
    let error = try #require(throws: EvidenceError.self) { try UnitsFile(Data(text.utf8), path: "x.json") }
    #expect(error.description.contains(words))
    #expect(error.description.hasPrefix("x.json: "))
  }
}
