import ArgumentParser
import Evidence
import Foundation
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand
@testable import Report

@Suite struct CheckCommandTests {
  private func check(_ arguments: String...) throws -> Executable.Outcome {
    try Executable.evidence.run(["check", Repository.digitsModel] + arguments)
  }

  private func json(_ run: Executable.Outcome) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  @Test func keysAreThoseOfTheInterface() throws {
    let run = try check(
      "--estimator", "annealed", "--temperatures", "5", "--leapfrogs", "2", "--samples", "200", "--simulated", "3",
      "--format", "json", "--quiet")
    #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
    let object = try json(run)
    #expect(
      Set(object.keys).isSuperset(of: [
        "command", "model", "data", "estimator", "samples", "seed", "simulated", "lower", "upper", "gap", "wide",
        "errorsCover", "plain", "simulatedData", "realData", "annealing", "warnings", "timing",
      ]))
    #expect(object["command"] as? String == "check" && object["simulated"] as? Int == 3)
    #expect((object["annealing"] as? [String: Any])?["temperatures"] as? Int == 5)
    for bracket in [object, try #require(object["plain"] as? [String: Any])] {
      let lower = try #require(bracket["lower"] as? [String: Double])
      let upper = try #require(bracket["upper"] as? [String: Double])
      let gap = try #require(bracket["gap"] as? [String: Double])
      let (low, high) = (try #require(lower["mean"]), try #require(upper["mean"]))
      #expect(abs(try #require(gap["mean"]) - (high - low)) < 1e-9)
      // Markov's inequality takes log(2/0.05) / N off at either end.
      let margin = log(40.0) / 3
      #expect(abs(try #require(lower["confidence"]) - (low - margin)) < 1e-9)
      #expect(abs(try #require(upper["confidence"]) - (high + margin)) < 1e-9)
    }
    // The same bits from any number of threads.
    let again = try json(
      check(
        "--estimator", "annealed", "--temperatures", "5", "--leapfrogs", "2", "--samples", "200", "--simulated", "3",
        "--format", "json", "--quiet", "--threads", "1"))
    #expect(again["upper"] as? [String: Double] == object["upper"] as? [String: Double])
  }

  @Test func textSaysWhetherRealDataAreHarder() throws {
    let run = try Executable.evidence.run(
      "check", "digits-iwae-2l.h5", "digits-test.h5", "--estimator", "importance-sampling", "--samples", "50",
      "--simulated", "4", "--threads", "2", in: Repository.path("Sources/EvidenceCommand/Resources"))
    #expect(run.status == 0, "\(run.error)")
    #expect(run.output.contains("importance sampling, medians") && run.output.contains("real"))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test(arguments: [
    (["--estimator", "jackknife"], "--estimator: jackknife has no bracket"), (["--simulated", "0"], "--simulated"),
    (["--temperatures", "0"], "--temperatures"), (["--chains", "0"], "--chains"),
    (["--leapfrogs", "none"], "--leapfrogs"),
  ])
  func refused(options: [String], words: String) throws {
    let error = try #require(throws: (any Error).self) { try CheckCommand.parse(["model.h5"] + options) }
    #expect(CheckCommand.exitCode(for: error).rawValue == 64)
    #expect(CheckCommand.fullMessage(for: error).contains(words))
  }

  @Test func warningsNameTheExamples() {
    let wide = CommandWords().words(.gapAboveTarget(estimator: "annealed", wide: [3, 8], of: 200))
    #expect(wide.contains("above all on 2 of 200 simulated examples (3, 8)"))
    #expect(
      CommandWords().words(.gapAboveTarget(estimator: "annealed", wide: [], of: 200)).hasSuffix(
        "with more --temperatures"))
  }

  /// `nll` with each of the new estimators' options; what was tuned is in the file.
  @Test func optionsOfAnnealing() throws {
    try withTemporaryDirectory { directory in
      let arguments = [
        "nll", Repository.digitsModel, Repository.digits, "--estimator", "annealed", "--chains", "8", "--temperatures",
        "6", "--leapfrogs", "2", "--examples", "0..3", "--quiet",
      ]
      let run = try Executable.evidence.run(arguments + ["--output", "a.h5", "--format", "json"], in: directory)
      #expect(run.status == 0, "\(run.error)")
      let tuned = try #require(try json(run)["annealing"] as? [String: Any])
      #expect(tuned["temperatures"] as? Int == 6 && tuned["leapfrogs"] as? Int == 2)
      #expect(tuned["gap"] is NSNull, "T was given: no gap was looked at")
      let settings = try ResultsFile(reading: directory + "/a.h5").settings
      #expect(settings.options["chains"] == "8")
      #expect(settings.facts.tuned?.schedule.temperatures == 6)
      // Shards, and going on, make the bits of one run.
      for range in ["0..1", "0..3"] {
        let part = try Executable.evidence.run(
          arguments.map { $0 == "0..3" ? range : $0 } + ["--output", "b.h5", "--resume"], in: directory)
        #expect(part.status == 0, "\(part.error)")
      }
      let values = try ["a.h5", "b.h5"].map {
        try ResultsFile(reading: directory + "/" + $0).rows(0..<3, of: LogLikelihoodMeasurement.self)
      }
      #expect(values[0].map(\.logLikelihood) == values[1].map(\.logLikelihood))
    }
  }
}

@Suite struct CheckFileTests {
  static let text = """
    {"command": "check", "model": {"name": "small", "sha256": "other"}, "estimator": "annealed", "simulated": 40,
     "lower": {"mean": -90.25, "confidence": -90.5}, "upper": {"mean": -90.125, "confidence": null},
     "gap": {"mean": 0.125, "median": 0.01, "max": 1.5},
     "plain": {"lower": {"mean": -91, "confidence": -92}, "upper": {"mean": -89, "confidence": -88},
       "gap": {"mean": 2, "median": 1, "max": 9}},
     "simulatedData": {"effectiveSampleSize": {"median": 12}, "paretoK": {"median": 1.25}},
     "realData": {"effectiveSampleSize": {"median": 3}, "paretoK": {"median": 1.5}},
     "warnings": ["<b>real data are harder"]}
    """

  @Test func bracketInTheReport() throws {
    let file = try CheckFile(Data(Self.text.utf8), path: "check.json")
    let page = try ReportPageTests.page(ReportPageTests.ten, checks: [("check.json", file)])
    let reader = ReportPageTests.Reader(page)
    #expect(reader.isValid)
    for expected in [
      "Bracket on simulated data", "annealed, 40 examples drawn from the model itself", "−90.250", "−90.125", "0.125",
      "1.500", "−91.000", "This bracket is of another model", "results above are of importance-sampling",
      "<b>real data are harder", "12.0", "1.25", "3.0",
    ] { #expect(reader.words.contains(expected), "\(expected)") }
  }

  @Test func onlyWhatCheckPrintedIsTaken() throws {
    for (text, words) in [
      ("{}", "there is no \"command\""), ("[", "not JSON"),
      (Self.text.replacing("\"check\"", with: "\"nll\""), "the output of `evidence nll`, not of check"),
    ] {
      let error = #expect(throws: EvidenceError.self) { try CheckFile(Data(text.utf8), path: "c.json") }
      #expect(error?.message.contains(words) == true)
    }
  }
}
