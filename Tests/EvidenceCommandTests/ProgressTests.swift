import Foundation
import JSON
import TestSupport
import Testing

@testable import EvidenceCommand

/// `--progress`: what a front end reads on standard error.
@Suite struct ProgressTests {
  private static let quick = ["nll", Repository.digitsModel, Repository.digits, "--samples", "5", "--examples", "..40"]

  private func run(_ arguments: [String]) throws -> Executable.Outcome {
    try Running(.evidence, arguments).wait()
  }

  private func events(_ outcome: Executable.Outcome) throws -> [JSONValue] {
    try outcome.error.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
  }

  @Test func everyLineIsAnObjectThatSaysWhatItIs() throws {
    let plain = try run(Self.quick + ["--format", "json"])
    let outcome = try run(Self.quick + ["--format", "json", "--progress", "json"])
    let events = try events(outcome)
    #expect(outcome.status == 0)
    func chosen(_ name: String) -> [JSONValue] { events.filter { $0["event"]?.string == name } }

    let progress = chosen("progress")
    #expect(progress.first?["finished"]?.integer == 0 && progress.first?["total"]?.integer == 40)
    #expect(progress.last?["finished"]?.integer == 40)
    #expect(progress.last?["mean"]?.double?.isFinite == true)

    // The text for people, and the warnings as they are without it.
    #expect(chosen("text").first?["text"]?.string?.contains("log p(x) = ") == true)
    let warnings = chosen("warning").compactMap { $0["message"]?.string }
    #expect(!warnings.isEmpty)
    for warning in warnings { #expect(plain.error.contains("evidence: warning: \(warning)\n")) }
  }

  @Test func anErrorHasItsParts() throws {
    let outcome = try run(["nll", "/nowhere/model.h5", Repository.digits, "--progress", "json"])
    let event = try #require(try events(outcome).last)
    #expect(outcome.status == 66)
    #expect(event["event"]?.string == "error" && event["status"]?.integer == 66)
    #expect(event["file"]?.string == "/nowhere/model.h5" && event["message"]?.string == "no such file")
    #expect(event["text"]?.string == "/nowhere/model.h5: no such file")
  }

  @Test func aRemedyStandsApart() throws {
    let outcome = try run(Self.quick + ["--divide-by", "0.001", "--binarize", "none", "--progress", "json"])
    let event = try #require(try events(outcome).last)
    #expect(outcome.status == 65)
    #expect(event["remedy"]?.string?.contains("--divide-by") == true)
    #expect(event["message"]?.string?.contains("--divide-by") == false)
  }

  @Test func aShardSaysWhichFileItTakes() throws {
    try withTemporaryDirectory { directory in
      let outcome = try run(Self.quick + ["--shard", "1/2", "--output", directory + "/part", "--progress", "json"])
      let note = try #require(try events(outcome).first { $0["event"]?.string == "note" })
      #expect(note["file"]?.string == directory + "/part-020-040.h5")
    }
  }

  @Test func linesAreForALog() throws {
    let outcome = try run(Self.quick + ["--progress", "lines"])
    #expect(outcome.error.hasPrefix("evidence: 0/40\n"), "\(outcome.error)")
    #expect(!outcome.error.contains("\r"))
  }

  @Test func quietIsStrongerThanProgress() throws {
    let outcome = try run(Self.quick + ["--progress", "json", "--quiet"])
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
  }
}
