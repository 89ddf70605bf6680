import Evidence
import Models
import Testing

/// Opening data for a model is safe: data that were prepared before they were stored are not prepared again.
@Suite struct PreparedDataTests {
  static func model(divideBy: Double?, binarize: Binarization?) throws -> NetworkModel {
    var description = try constantModel(.bernoulli, [.logits: [0]]).description
    description.input.divideBy = divideBy
    description.input.binarize = binarize
    return try NetworkModel(description)
  }

  @Test func binaryDataAreTakenAsTheyAre() throws {
    let binary = Dataset([0, 1, 1, 0], count: 4)
    let data = try Dataset(binary.source, for: Self.model(divideBy: 255, binarize: .bernoulli))
    #expect(data.preprocessing == Preprocessing())
    #expect(data.preparation.leftOut == Preprocessing(divideBy: 255, binarize: .bernoulli))
    #expect(data.preparation.divideBy == .data && data.preparation.binarize == .data)
  }

  @Test(arguments: [[0, 255, 1, 0], [0, 0, 0, 0], [0, 0.5, 1, 2]] as [[Float]])
  func otherDataFollowTheModelFile(values: [Float]) throws {
    let source = Dataset(values, count: 4).source
    guard values.contains(where: { $0 > 1 }) else {
      // All in [0, 1], but not both 0 and 1: nobody can tell, so nothing is guessed.
      let error = try #require(throws: EvidenceError.self) {
        try Dataset(source, for: Self.model(divideBy: 255, binarize: .bernoulli))
      }
      #expect(error.code == .invalidData && error.remedies == [.takeAsStored, .divide(by: 255)])
      return
    }
    let data = try Dataset(source, for: Self.model(divideBy: 255, binarize: .bernoulli))
    #expect(data.preprocessing == Preprocessing(divideBy: 255, binarize: .bernoulli))
    #expect(data.preparation.leftOut == nil && data.preparation.divideBy == .modelFile)
  }

  @Test func aModelOfBinaryDataIsFollowed() throws {
    let data = try Dataset(
      Dataset([0, 1, 1, 0], count: 4).source, for: Self.model(divideBy: nil, binarize: .bernoulli))
    #expect(data.preprocessing == Preprocessing(binarize: .bernoulli))
    #expect(data.preparation.leftOut == nil && data.preparation.divideBy == .nobody)
  }

  @Test func theCallerDecides() throws {
    let data = try Dataset(
      Dataset([0, 1, 1, 0], count: 4).source, for: Self.model(divideBy: 255, binarize: .bernoulli),
      choosing: PreparationChoice(binarize: .threshold, divideBy: 2))
    #expect(data.preprocessing == Preprocessing(divideBy: 2, binarize: .threshold))
    #expect(data.preparation.divideBy == .caller && data.preparation.leftOut == nil)
  }

  @Test func examplesOfAnotherShapeAreRefused() throws {
    let error = try #require(throws: EvidenceError.self) {
      try Dataset(Dataset([0, 1, 1, 0], count: 2).source, for: Self.model(divideBy: nil, binarize: nil))
    }
    #expect(error.message == "an example has 2 elements\nexpected 1, as the model takes [1]; found shape [2, 2]")
  }
}
