import HDF5
import ModelFile
import Models
import Testing

@Suite("Covariates in the model file")
struct CovariateFileTests {
  /// A model that says everything of covariates that a file can.
  static let model: ModelDescription = {
    func dense(_ outputs: Int, _ inputs: Int, _ covariates: [String], _ activation: Activation = .identity) -> Layer {
      var dense = Dense(weight: Models.tensor(outputs, inputs), layout: .weight, bias: Models.tensor(outputs))
      dense.covariates = covariates
      return Layer(.dense(dense), activation: activation)
    }
    var table = Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
    table.by = "batch"
    var mean = Tensor(shape: [2, 2], values: [0, 1, 2, 3])
    mean.by = "batch"
    var decoder = Conditional(
      .negativeBinomial, given: [1], trunk: Stack([dense(4, 2 + 2 + 1, ["dose"], .relu)]),
      parameters: [.mean: .stack(Stack([dense(3, 4 + 2, ["batch"], .softmax)])), .dispersion: .constant(table)])
    decoder.covariates = ["batch"]
    decoder.exposure = .total
    decoder.epsilon = 1e-8
    var model = ModelDescription(
      input: .init(shape: [3]),
      encoders: [
        Conditional(
          .normal, given: [0],
          parameters: [.mean: .stack(Stack([dense(2, 3, [])])), .scale: .constant(Tensor([1, 1]))])
      ],
      decoders: [decoder], prior: .normal(mean: mean, scaleName: .scale, scale: Tensor([1, 2])))
    model.input.names = ["g1", "g2", "g3"]
    model.covariates = [
      Covariate("batch", .categorical(["first", "zweite"])), Covariate("dose", .continuous(size: 1)),
    ]
    return model
  }()

  @Test("What is written is read again, as version 2")
  func roundTrip() throws {
    let file = try File(inMemory: "model.h5")
    try ModelFile.write(Self.model, to: file)
    let copy = try File(readingImage: file.image(), name: "model.h5")
    #expect(try ModelFile.read(copy).description == Self.model)
    #expect(try copy.root.integer("version") == 2)
    #expect(Self.model.modelledDensity == "p(x | batch, dose, its total)")
  }

  @Test("Any part of it needs version 2")
  func versions() {
    func version(_ change: (inout ModelDescription) -> Void) -> Int {
      var model = Models.twoLayers
      change(&model)
      return model.formatVersion
    }
    #expect(version { _ in } == 1)
    #expect(version { $0.covariates = Self.model.covariates } == 2)
    #expect(version { $0.input.names = ["a"] } == 2)
    #expect(version { $0.decoders[0].exposure = .total } == 2)
    #expect(version { $0.decoders[0].epsilon = 1 } == 2)
  }

  /// The problems of a file that was changed.
  private func problems(_ change: (Group) throws -> Void) throws -> [String] {
    let file = try File(inMemory: "model.h5")
    try ModelFile.write(Self.model, to: file)
    try change(file.root)
    do {
      _ = try ModelFile.read(file)
      return []
    } catch let error as ModelFileError { return error.problems.map(\.description) }
  }

  @Test("Mistakes are named by their path")
  func mistakes() throws {
    #expect(
      try problems { try $0.group("covariates/batch").setAttribute("kind", "categoric") } == [
        "/covariates/batch: unknown kind \"categoric\"; did you mean \"categorical\"?"
      ])
    #expect(
      try problems { _ = try $0.createGroup("covariates/age") } == [
        "/covariates/age: attribute kind is missing; expected categorical or continuous"
      ])
    #expect(
      try problems { try $0.createGroup("covariates/age").setAttribute("kind", "categorical") } == [
        "/covariates/age/categories: the dataset is missing"
      ])
    #expect(
      try problems { try $0.group("decoder/1").setAttribute("covariates", ["batch", "age"]) } == [
        "/decoder/1: unknown covariate \"age\"; expected \"batch\" or \"dose\""
      ])
    #expect(
      try problems { try $0.group("decoder/1/trunk/0").removeAttribute("covariates") }.first?.hasPrefix(
        "/decoder/1/trunk/0/weight: expected 2 inputs and 2 of batch, found 5") == true)
    #expect(
      try problems { try $0.group("decoder/1").setAttribute("exposure", "size") } == [
        "/decoder/1: exposure \"size\": expected \"dose\" or \"total\""
      ])
    #expect(
      try problems { try $0.dataset("prior/mean").setAttribute("by", "age") } == [
        "/prior/mean: by \"age\": expected \"batch\""
      ])
    #expect(try problems { try $0.setAttribute("version", 1) }.first?.contains("which has no covariate") == true)
  }
}
