import ArgumentParser
import Evidence
import Foundation
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// docs/reading.md says what every line of nll's text means.
@Suite struct ReadingTests {
  /// The names at the beginning of lines, and the heads of columns, in code on the page.
  private static func page() throws -> String {
    try String(contentsOfFile: Repository.path("docs/reading.md"), encoding: .utf8)
  }

  /// What a line begins with: up to two spaces, or to a number.
  private static func name(_ line: Substring) -> String? {
    let trimmed = line.trimmingCharacters(in: .whitespaces)
    guard let first = trimmed.components(separatedBy: "  ").first, !first.isEmpty else { return nil }
    let words = first.split(separator: " ").prefix { !$0.contains(where: \.isNumber) || $0.hasPrefix("z") }
    let name = words.joined(separator: " ").trimmingCharacters(in: CharacterSet(charactersIn: " :=,"))
    return name.isEmpty ? nil : name
  }

  @Test(arguments: [
    ["--samples", "200"], ["--samples", "50", "--estimator", "elbo"], ["--samples", "50", "--estimator", "renyi"],
    ["--samples", "50", "--estimator", "jackknife"], ["--samples", "100", "--replicates", "2"],
    ["--samples", "50", "--binarize", "none"],
    ["--samples", "50", "--estimator", "ladder", "--temperatures", "3", "--chains", "4"],
    ["--estimator", "annealed", "--temperatures", "3", "--chains", "4"],
  ])
  func everyLineIsInTheGlossary(options: [String]) throws {
    let page = try Self.page()
    let arguments = [Repository.digitsModel, Repository.digits, "--examples", "..2", "--threads", "1"]
    let text = try NLLRun(NLLCommand.parse(arguments + options)).run().text
    let sections = text.components(separatedBy: "\n\n")
    #expect(sections.count >= 5)
    for section in sections.dropLast(2) {
      for line in section.split(separator: "\n") where !line.hasPrefix("   ") {
        guard let name = Self.name(line) else { continue }
        #expect(
          page.contains("`\(name)") || page.contains("`… \(name)") || page.contains("`(\(name)"), "\(name): \(line)")
      }
    }
  }

  @Test func theColumnsAndTheVerdictToo() throws {
    let page = try Self.page()
    for term in [
      "least", "median", "mean", "most", "worse by", "± data", "± draws", "draws/s", "Settled", "Not settled",
    ] {
      #expect(page.contains("`\(term)`"), "\(term)")
    }
  }
}
