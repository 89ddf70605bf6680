import Foundation
import Models
import Testing

@testable import Evidence

/// What a script gets as values that should keep it from believing a number.
@Suite struct SafeguardTests {
  /// x [1] with a constant logit.
  private func model(logit: Float, divideBy: Double? = nil) throws -> NetworkModel {
    var description = try constantModel(.bernoulli, [.logits: [logit]]).description
    description.input.divideBy = divideBy
    return try NetworkModel(description)
  }

  /// Nine of ten are 1.
  private let light: [Float] = (0..<40).map { $0 % 10 == 0 ? 0 : 1 }

  @Test func aModelOfInvertedDataIsWorseThanAConstantOne() throws {
    let data = Dataset(light, count: 40)
    let inverted = try ImportanceSampling(samples: 5).estimate(model(logit: -20), on: data)
    let constant = try #require(inverted.constantModel)
    // Minus the entropy of the mean, up to the half examples.
    #expect(abs(constant.meanLogLikelihood + 0.1 * 2.302585 + 0.9 * 0.1053605) < 0.01)
    #expect(inverted.concerns.contains(.worseThanConstant(mean: inverted.mean, constant: constant)))
    let right = try ImportanceSampling(samples: 5).estimate(model(logit: 2.2), on: data)
    #expect(right.constantModel == constant && !right.concerns.contains { "\($0)".contains("constant") })
  }

  @Test func aFewExamplesHaveNoMean() throws {
    let summary = try ImportanceSampling(samples: 5).estimate(
      model(logit: -20), on: Dataset(light, count: 40), options: Evaluation(examples: 0..<19))
    #expect(summary.constantModel == nil)
  }

  @Test func greyDataUnderABernoulliLikelihoodAreACrossEntropy() throws {
    let grey = Dataset([0.25, 1, 0], count: 3)
    let estimators: [any Estimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>] = [
      ImportanceSampling(samples: 5), EvidenceLowerBound(samples: 5), Jackknife(samples: 5),
    ]
    for estimator in estimators {
      #expect(try estimator.estimate(model(logit: 1), on: grey).concerns.contains(.crossEntropy))
    }
    // Only the range that is evaluated counts, and only this likelihood.
    let rest = try ImportanceSampling(samples: 5).estimate(
      model(logit: 1), on: grey, options: Evaluation(examples: 1..<3))
    #expect(!rest.isCrossEntropy)
    let other = try ImportanceSampling(samples: 5)
      .estimate(constantModel(.continuousBernoulli, [.logits: [1]]), on: grey)
    #expect(!other.isCrossEntropy)
  }

  @Test func whatWasLeftOutIsSaid() throws {
    let model = try model(logit: 1, divideBy: 255)
    let data = try Dataset(Dataset(light, count: 40).source, for: model)
    let summary = try ImportanceSampling(samples: 5).estimate(model, on: data)
    #expect(summary.concerns.first == .dataTakenAsStored(leavingOut: Preprocessing(divideBy: 255)))
  }

  /// Neither threads nor an interruption change what is known of the data.
  @Test(arguments: [1, 3], [0, 7, 40]) func theWholeRangeIsLookedAt(threads: Int, restored: Int) throws {
    let values = (0..<40).map { $0 == 2 ? 0.5 : light[$0] }
    let model = try model(logit: 2)
    let data = Dataset(values, count: 40)
    let estimator = ImportanceSampling(samples: 5)
    var rows: [LogLikelihoodMeasurement] = []
    let whole = try Evaluation(threads: 1).run(estimator, under: model, on: data) { rows.append($1) }
    let summary = try Evaluation(threads: threads, blockSize: 3).run(
      estimator, under: model, on: data, restored: RestoredMeasurements(Array(rows.prefix(restored))))
    #expect(summary.concerns == whole.concerns && summary.isCrossEntropy)
    #expect(summary.constantModel == whole.constantModel && whole.constantModel != nil)
  }

  @Test func mergedAccumulatorsKnowAllOfTheirData() throws {
    let model = try model(logit: 2)
    let data = Dataset(light, count: 40)
    let estimator = ImportanceSampling(samples: 5)
    var merged = try Evaluation(examples: 0..<13).accumulate(estimator, under: model, on: data)
    merged.merge(try Evaluation(examples: 13..<40).accumulate(estimator, under: model, on: data))
    let whole = try estimator.estimate(model, on: data)
    let (found, expected) = (try merged.summary().constantModel, whole.constantModel)
    #expect(abs(try #require(found).meanLogLikelihood - #require(expected).meanLogLikelihood) < 1e-14)
  }

  /// Codes are numbers that other languages may keep.
  @Test func codesAreStable() {
    let codes: [EvidenceError.Code] = [
      .invalidData, .invalidModel, .invalidSetting, .invalidResults, .cannotCreateOutput, .inputOutput, .unsupported,
    ]
    #expect(codes.map(\.rawValue) == Array(1...7))
  }

  @Test func remediesAreValues() throws {
    let error = try #require(throws: EvidenceError.self) {
      try ImportanceSampling(samples: 5).estimate(model(logit: 1), on: Dataset([0, 255], count: 2))
    }
    #expect(error.code == .invalidData && error.remedies == [.divide(by: 255)])
    #expect(error.message == "example 1, element 0: found 255.0, but the likelihood takes values in [0, 1]")
    #expect(error.description.hasPrefix(error.message + "\n") && !error.description.contains("--"))
  }
}
