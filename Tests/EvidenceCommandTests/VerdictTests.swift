import Evidence
import Foundation
import JSON
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// The sentences below the numbers: what the number is, how far it can be believed, what to run.
@Suite struct VerdictTests {
  /// Rows that differ in what they are judged by.
  private static func summary(
    values: [Double] = [-10, -12, -11], error: Double = 0.01, shape: Double = 0.3, size: Double = 400,
    curve: [Double] = [-15, -13, -11.3, -11, -11], samples: Int = 5000
  ) throws -> LogLikelihoodSummary {
    var accumulator = try LogLikelihoodAccumulator(samples: samples, hasWeights: true, hasCurve: true)
    for (index, value) in values.enumerated() {
      var row = LogLikelihoodMeasurement(
        index: index, logLikelihood: value, elbo: value - 5, monteCarloStandardError: error)
      (row.paretoK, row.effectiveSampleSize, row.largestWeightShare) = (shape, size, 0.1)
      row.curve = curve
      accumulator.add(row)
    }
    return try accumulator.summary()
  }

  private static func verdict(
    _ summary: LogLikelihoodSummary, estimator: String = "importance-sampling", isCrossEntropy: Bool = false,
    replicates: [Double] = []
  ) throws -> Verdict {
    let entry = try #require(EstimatorCatalog.all.first { $0.name == estimator })
    return Verdict(
      summary, by: entry, of: "test.h5:/images", isCrossEntropy: isCrossEntropy, replicates: replicates,
      cost: RunCost(secondsPerDraw: 1e-6, seconds: 3))
  }

  private static func words(_ verdict: Verdict) -> String {
    verdict.sentences(in: CommandWords()).joined(separator: " ")
  }

  @Test func smallErrorsThatCanBeBelievedSettleIt() throws {
    let verdict = try Self.verdict(Self.summary())
    #expect(verdict.status == .settled)
    #expect(
      Self.words(verdict)
        == "NLL is 11.00 nats on the 3 examples of test.h5:/images; other test data would change it by about 0.58. "
        + "Settled: other draws would change it by about 0.0058.")
  }

  @Test func largeErrorsThatCanBeBelievedAskForDraws() throws {
    let verdict = try Self.verdict(Self.summary(error: 0.3))
    #expect(verdict.status == .rough)
    #expect(Self.words(verdict).contains("--samples ") && Self.words(verdict).contains("would make it small in about"))
  }

  /// A tenfold of draws, or less, at the end of the curve: 0.7 nats from 500 to 5000, or from 50 to 500.
  @Test(arguments: [([-15, -13, -12, -11.7, -11], 5000), ([-15, -13, -11.7, -11], 500)])
  func whatStillFallsIsNotSettled(curve: [Double], samples: Int) throws {
    let verdict = try Self.verdict(Self.summary(shape: 0.9, curve: curve, samples: samples))
    #expect(verdict.status == .unsettled)
    // log(20)/3 = 0.9986 above the estimate.
    #expect(
      Self.words(verdict)
        == "NLL is at most 12.00 nats (95 %) on the 3 examples of test.h5:/images; other test data would change it by about "
        + "0.58. Not settled: it still falls by 0.70 nats with ten times the draws, and k̂ is too high for 3 estimates. "
        + "--estimator ladder would settle it in about 4 s.")
  }

  @Test func otherSeedsGiveTheErrorThatTheFormulaCannot() throws {
    let verdict = try Self.verdict(Self.summary(shape: 0.9), replicates: [-11, -11.2, -11.1])
    #expect(Self.words(verdict).contains("the draws of 3 seeds change it by about 0.10"))
    #expect(verdict.status == .unsettled)
    let outcome = try NLLJSONTests.digits("--samples", "100", "--examples", "..8", "--replicates", "3")
    #expect(outcome.text.contains("(Monte Carlo, by 3 seeds)"))
    // What stood in the JSON is as it was.
    #expect(outcome.json["logLikelihood"]?["monteCarloStandardError"] == nil)
    #expect(outcome.json["verdict"]?["errorSource"] == "replicates")
  }

  @Test func boundsSayThatTheyAreBounds() throws {
    let outcome = try NLLJSONTests.digits("--samples", "50", "--examples", "..4", "--estimator", "elbo")
    #expect(outcome.text.contains("on average over draws"))
    #expect(outcome.text.contains("--estimator importance-sampling estimates log p(x) itself"))
  }

  @Test func otherThingsThanALogLikelihoodAreCalledSo() throws {
    let grey = try Self.verdict(Self.summary(), isCrossEntropy: true)
    #expect(grey.status == .crossEntropy && Self.words(grey).hasPrefix("The cross-entropy is 11.00 nats"))
    let broken = try Self.verdict(Self.summary(values: [-10, .nan, -11]))
    #expect(broken.status == .notFinite)
    #expect(
      Self.words(broken).contains("1 example without a finite estimate")
        && Self.words(broken).contains("--examples 1..2"))
  }

  @Test func fewDrawsTellNothing() throws {
    let outcome = try NLLJSONTests.digits("--samples", "5", "--examples", "..2")
    #expect(outcome.text.contains("for so few draws nothing says how far off it is"))
    #expect(outcome.text.contains("--samples 5000 would tell more"))
  }

  @Test func theSentenceToCiteNamesWhatTheNumberDependsOn() throws {
    let outcome = try NLLJSONTests.digits("--samples", "50", "--examples", "2..6", "--seed", "9", "--cite")
    let line = outcome.text.split(separator: "\n").joined(separator: " ")
    for particular in [
      "Test NLL ", "importance-sampling", "k = 50", "seed 9", "digits-test.h5:/images", "2..6", "divided by 16",
      "binarized by threshold", "SHA-256 ebd065bafa725e07", "digits-iwae-2l.h5", "SHA-256 bd31af9d476792bb",
      "Evidence \(PackageVersion.current) (commit ",
    ] { #expect(line.contains(particular), "\(particular)") }
    let plain = try NLLJSONTests.digits("--samples", "50", "--examples", "2..6", "--seed", "9")
    #expect(!plain.text.contains("SHA-256"))
    #expect(plain.json["citation"] == outcome.json["citation"])
  }

  @Test func theVersionSaysCommitAndInstructions() throws {
    let run = try Executable.evidence.run("--version")
    #expect(run.output.contains(/^\d+\.\d+\.\d+ \(commit ([0-9a-f]{12}\+?|not known), \w+\)\n$/), "\(run.output)")
    #expect(run.output.contains(InstructionSet.best.description))
  }

}
