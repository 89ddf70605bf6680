import Evidence
import Models
import Networks
import Testing

/// Data that were binarized before they were stored are not divided and binarized again.
@Suite struct PreparedDataTests {
  static func input(divideBy: Double?, binarize: Binarization?) -> ModelDescription.Input {
    var input = ModelDescription.Input(shape: [4])
    input.divideBy = divideBy
    input.binarize = binarize
    return input
  }

  @Test func binaryDataAreTakenAsTheyAre() throws {
    let binary = Dataset([0, 1, 1, 0, 0, 0, 1, 0], count: 2)
    let (preprocessing, note) = try Preprocessing.suited(
      to: Self.input(divideBy: 255, binarize: .bernoulli), storedIn: binary.source)
    #expect(preprocessing == Preprocessing())
    #expect(
      note == "the data are stored as 0 and 1, so they are taken as they are; "
        + "the model file asks for binarizing, after dividing by 255")
  }

  @Test(arguments: [[0, 255, 1, 0], [0, 0, 0, 0], [0, 0.5, 1, 0]] as [[Float]])
  func otherDataFollowTheModelFile(values: [Float]) throws {
    let input = Self.input(divideBy: 255, binarize: .bernoulli)
    let (preprocessing, note) = try Preprocessing.suited(to: input, storedIn: Dataset(values, count: 1).source)
    #expect(preprocessing == Preprocessing(divideBy: 255, binarize: .bernoulli))
    #expect(note == nil)
  }

  @Test func aModelOfBinaryDataIsFollowed() throws {
    let (preprocessing, note) = try Preprocessing.suited(
      to: Self.input(divideBy: nil, binarize: .bernoulli), storedIn: Dataset([0, 1, 1, 0], count: 1).source)
    #expect(preprocessing == Preprocessing(binarize: .bernoulli))
    #expect(note == nil)
  }
}
