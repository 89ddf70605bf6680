import Foundation
import JSON
import Runs
import Testing

@testable import EvidenceCommand
@testable import Wording

@Suite struct OutputTests {
  @Test func json() throws {
    let value: JSONValue = [
      "b": .number(.nan), "a": .number(-84.78), "n": .integer(5000), "whole": .number(16), "small": .number(1.5e-9),
      "text": "a \"quote\", a \\ and a\nline \u{1}", "list": .array([.number(.infinity), .number(0.5)]), "none": .null,
      "empty": [], "flag": true,
    ]
    let parsed = try JSONSerialization.jsonObject(with: Data(value.text.utf8)) as? [String: Any]
    #expect(parsed?["b"] is NSNull)
    #expect(parsed?["a"] as? Double == -84.78)
    #expect(parsed?["text"] as? String == "a \"quote\", a \\ and a\nline \u{1}")
    #expect((parsed?["list"] as? [Any])?.first is NSNull)
    #expect(value.text.hasPrefix("{\n  \"b\": null,\n  \"a\": -84.78,\n  \"n\": 5000,\n  \"whole\": 16,"))
    #expect(value.text.contains("\"list\": [null, 0.5]"))
  }

  @Test(
    arguments: [
      (-84.784, 2, "−84.78"), (0.004, 2, "0.00"), (-0.004, 2, "0.00"), (.nan, 2, "–"), (-.infinity, 2, "−∞"),
      (2, 0, "2"),
    ])
  func fixed(value: Double, decimals: Int, expected: String) { #expect(Text.fixed(value, decimals) == expected) }

  @Test(arguments: [(0.2149, "0.21"), (0.00493, "0.0049"), (12.7, "13"), (1234.6, "1235"), (0, "0")])
  func significant(value: Double, expected: String) { #expect(Text.significant(value, 2) == expected) }

  @Test(arguments: [(3.21, "3.2 s"), (59.7, "1 min 00 s"), (125, "2 min 05 s"), (3780, "1 h 03 min"), (.infinity, "–")])
  func duration(seconds: Double, expected: String) { #expect(Text.duration(seconds) == expected) }

  @Test func longPathsKeepTheirEnd() {
    #expect(Text.path("/a/b.h5") == "/a/b.h5")
    #expect(Text.path("/aaaa/bbbb/cccc/d.h5", width: 12) == "…/cccc/d.h5")
    #expect(Text.path("abcdefghij", width: 5) == "…ghij")
  }

  @Test func counts() {
    #expect(Text.count(24336) == "24 336")
    #expect(Text.count(999) == "999")
    #expect(Text.counted(1, "draw") == "1 draw")
  }

  @Test func tablesLineUp() {
    var table = TextTable([.left, .right])
    table.add(["Pareto k̂", "0.43"])
    table.add(["effective sample size", "5000"])
    #expect(table.lines == ["  Pareto k̂               0.43", "  effective sample size  5000"])
  }

  @Test func progressFitsTheTerminal() {
    for width in [20, 40, 80, 200] {
      let line = ProgressWords.line(finished: 350, total: 599, rate: 48.13, mean: -16.8, width: width)
      #expect(line.count < width)
    }
    let line = ProgressWords.line(finished: 350, total: 700, rate: 50, mean: -16.8, width: 80)
    #expect(line.hasSuffix("  350/700  50.0 examples/s  7.0 s left  mean −16.80"))
    #expect(line.filter { $0 == "━" }.count == line.filter { $0 == "─" }.count)
  }
}
