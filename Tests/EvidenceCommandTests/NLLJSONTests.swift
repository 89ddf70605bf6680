import ArgumentParser
import Evidence
import Foundation
import JSON
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct NLLJSONTests {
  /// The keys of docs/command-line.md.
  static let specified: Set<String> = [
    "command", "model", "model.path", "model.name", "model.sha256", "model.latents", "model.likelihood",
    "data", "data.path", "data.dataset", "data.sha256", "data.examples", "data.range", "data.binarize", "data.divideBy",
    "estimator", "samples", "seed",
    "logLikelihood", "logLikelihood.mean", "logLikelihood.dataStandardError",
    "logLikelihood.monteCarloStandardError", "logLikelihood.biasEstimate",
    "logLikelihood.lowerConfidenceBound", "logLikelihood.lowerConfidenceBound.level",
    "logLikelihood.lowerConfidenceBound.value",
    "nll", "bitsPerDimension", "elbo", "curve", "curve.samples", "curve.mean",
    "diagnostics", "diagnostics.effectiveSampleSize", "diagnostics.effectiveSampleSize.min",
    "diagnostics.effectiveSampleSize.median", "diagnostics.effectiveSampleSize.mean",
    "diagnostics.largestWeightShare", "diagnostics.largestWeightShare.median", "diagnostics.largestWeightShare.max",
    "diagnostics.paretoK", "diagnostics.paretoK.median", "diagnostics.paretoK.max", "diagnostics.paretoK.threshold",
    "diagnostics.paretoK.unreliable", "diagnostics.nonFiniteWeights", "diagnostics.nonFiniteExamples",
    "warnings", "timing", "timing.seconds", "timing.samplesPerSecond",
  ]
  /// What there is beside.
  static let added: Set<String> = [
    "quantity", "data.dequantize", "data.origins", "data.origins.binarize", "data.origins.divideBy",
    "data.origins.dequantize", "citation", "verdict", "verdict.status", "verdict.text", "verdict.nllAtMost",
    "verdict.monteCarloStandardError", "verdict.errorSource", "verdict.fallPerTenfold", "verdict.next",
    "verdict.nextSeconds",
  ]

  static func keys(_ value: Any, prefix: String = "") -> Set<String> {
    switch value {
    case let object as [String: Any]:
      return object.reduce(into: []) { keys, member in
        keys.insert(prefix + member.key)
        keys.formUnion(self.keys(member.value, prefix: prefix + member.key + "."))
      }
    case let array as [Any]: return array.reduce(into: []) { $0.formUnion(keys($1, prefix: prefix)) }
    default: return []
    }
  }

  static func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  static func digits(_ options: String...) throws -> NLLOutcome {
    try NLLRun(NLLCommand.parse([Repository.digitsModel, Repository.digits] + options)).run()
  }

  @Test func keySetIsThatOfTheInterface() throws {
    let object = try Self.object(Self.digits("--samples", "50", "--examples", "..4").json.text)
    #expect(Self.keys(object) == Self.specified.union(Self.added))
  }

  @Test func executablePrintsOneObjectAndNothingElse() throws {
    let run = try Executable.evidence.run(
      "nll", Repository.digitsModel, Repository.digits, "--samples", "50", "--examples", "2..6", "--format", "json")
    #expect(run.status == 0)
    let object = try Self.object(run.output)
    #expect(object["command"] as? String == "nll")
    #expect(object["samples"] as? Int == 50)
    let data = try #require(object["data"] as? [String: Any])
    #expect(data["range"] as? [Int] == [2, 6])
    #expect(data["examples"] as? Int == 4)
    #expect(data["binarize"] as? String == "threshold")
    #expect(data["divideBy"] as? Double == 16)
    let curve = try #require(object["curve"] as? [[String: Any]])
    #expect(curve.compactMap { $0["samples"] as? Int } == [1, 5, 50])
    // Warnings are said on standard error, too, and progress is not.
    let warnings = try #require(object["warnings"] as? [String])
    #expect(run.error.split(separator: "\n").map(String.init) == warnings.map { "evidence: warning: " + $0 })
  }

  @Test func quietLeavesStandardErrorEmpty() throws {
    let run = try Executable.evidence.run(
      "nll", Repository.digitsModel, Repository.digits, "--samples", "50", "--examples", "..2", "--quiet")
    #expect(run.status == 0 && run.error.isEmpty)
  }

  @Test func anErrorPastTheThresholdIsNullUnlessAskedFor() throws {
    let untrusted = try Self.digits("--samples", "100", "--examples", "..8")
    #expect(untrusted.summary.unreliableExamples > 0)
    #expect(untrusted.json["logLikelihood"]?["monteCarloStandardError"] == nil)
    let asked = try Self.digits("--samples", "100", "--examples", "..8", "--all-errors")
    #expect(
      asked.json["logLikelihood"]?["monteCarloStandardError"] == .number(asked.summary.monteCarloStandardError))
  }

  @Test func theBoundHasNoWeights() throws {
    let outcome = try Self.digits("--samples", "50", "--examples", "..4", "--estimator", "elbo")
    #expect(outcome.json["estimator"] == "elbo")
    #expect(outcome.json["curve"] == [])
    #expect(outcome.json["diagnostics"]?["paretoK"]?["threshold"] == nil)
    #expect(outcome.json["logLikelihood"]?["monteCarloStandardError"] != nil)
  }

  @Test func greyDataAreACrossEntropy() throws {
    let grey = try Self.digits("--samples", "50", "--examples", "..4", "--binarize", "none")
    #expect(grey.json["quantity"] == "cross-entropy")
    #expect(grey.warningWords.contains(CommandWords().words(.crossEntropy, samples: 0, output: nil)))
    #expect(grey.text.contains("cross-entropy"))
    #expect(!grey.text.contains("log p(x)") && !grey.text.contains("NLL"))
    let binary = try Self.digits("--samples", "50", "--examples", "..4")
    #expect(binary.json["quantity"] == "log-likelihood")
    #expect(!binary.warningWords.contains(CommandWords().words(.crossEntropy, samples: 0, output: nil)))
  }

  @Test func dataStoredAsBitsAreTakenAsTheyAre() throws {
    try withTemporaryDirectory { directory in
      var model = SmallModel()
      model.divideBy = 255
      try model.write(to: directory + "/model.h5")
      try writeData(binaryRows, to: directory + "/data.h5")
      let arguments = [directory + "/model.h5", directory + "/data.h5", "--samples", "5"]
      let outcome = try NLLRun(NLLCommand.parse(arguments)).run()
      #expect(outcome.json["data"]?["divideBy"] == .number(1))
      #expect(outcome.json["data"]?["origins"]?["divideBy"] == "data")
      #expect(outcome.warningWords.first?.contains("divid") == true)
      let insisted = try NLLRun(NLLCommand.parse(arguments + ["--divide-by", "255"])).run()
      #expect(insisted.json["data"]?["divideBy"] == .number(255))
      #expect(insisted.json["data"]?["origins"]?["divideBy"] == "command line")
    }
  }
}
