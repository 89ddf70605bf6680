import HDF5
import ModelFile
import Models
import Networks
import Testing

/// What the format leaves out has its default, and what it leaves open is accepted.
@Suite struct ModelFileTests {
  /// The example of docs/model-format.md, made by hand and not by our writer.
  private func example() throws -> File {
    let file = try File(inMemory: "model.h5")
    let root = try file.root
    try root.setAttribute("format", "evidence-model")
    try root.setAttribute("version", 1)
    try root.createGroup("input").setAttribute("shape", [4])
    let encoder = try root.createGroup("encoder/1")
    try encoder.setAttribute("distribution", "normal")
    let hidden = try encoder.createGroup("trunk/0")
    try hidden.setAttribute("layer", "dense")
    try hidden.setAttribute("activation", "tanh")
    try hidden.createDataset("weight", type: .float(bits: 16), shape: [3, 4]).write([Float](repeating: 0.5, count: 12))
    try hidden.createDataset("bias", type: .integer(bits: 8, signed: true), shape: [3]).write([1, 2, -3] as [Int8])
    for name in ["mean", "log_variance"] {
      let layer = try encoder.createGroup(name + "/0")
      try layer.setAttribute("layer", "dense")
      try layer.createDataset("kernel", type: .float(bits: 64), shape: [3, 2], compressed: true)
        .write([1, 2, 3, 4, 5, 6] as [Double])
    }
    let decoder = try root.createGroup("decoder/1")
    try decoder.setAttribute("distribution", "bernoulli")
    try decoder.setAttribute("trained by", "hand")
    let logits = try decoder.createGroup("logits/0")
    try logits.setAttribute("layer", "dense")
    try logits.add("weight", [Float](repeating: 1, count: 8), shape: [4, 2])
    return file
  }

  @Test func defaults() throws {
    let model = try ModelFile.read(example()).description
    #expect(model.about == .init())
    #expect(model.dataFormat == .channelsLast)
    #expect(model.input == .init(shape: [4]))
    #expect(model.encoders[0].given == [0])
    #expect(model.decoders[0].given == [1])
    #expect(model.prior == .standardNormal)
    #expect(model.decoders[0].trunk == nil)
    #expect(
      model.encoders[0].trunk
        == Stack([
          Layer(
            .dense(
              Dense(
                weight: Tensor(shape: [3, 4], values: [Float](repeating: 0.5, count: 12)), layout: .weight,
                bias: Tensor([1, 2, -3]))), activation: .tanh)
        ]))
    #expect(
      model.encoders[0].parameters[.mean]
        == .stack(
          Stack([Layer(.dense(Dense(weight: Tensor(shape: [3, 2], values: [1, 2, 3, 4, 5, 6]), layout: .kernel)))])))
  }

  @Test func givenDefaultsFollowTheLayer() throws {
    let file = try File(inMemory: "model.h5")
    try ModelFile.write(Models.twoLayers, to: file)
    #expect(try ModelFile.read(file).description.encoders.map(\.given) == [[0], [1]])
    #expect(try ModelFile.read(file).description.decoders.map(\.given) == [[1], [2]])
  }

  @Test func layersThatDoNotFitAreReportedWithTheirPath() throws {
    var model = Models.oneLayer
    model.encoders[0].parameters[.mean] = .stack(Stack([Models.dense(5, 2)]))
    let file = try File(inMemory: "model.h5")
    try ModelFile.write(model, to: file)
    #expect(try ModelFile.parse(file) == model)
    let error = try #require(throws: ModelFileError.self) { _ = try ModelFile.read(file) }
    #expect(error.problems.map(\.path) == ["/encoder/1/mean/0/weight"])
  }

  @Test func filesThatCanNotBeOpened() throws {
    let missing = try #require(throws: HDF5Error.self) { _ = try ModelFile.read("/nowhere/model.h5") }
    #expect(missing.description == "/nowhere/model.h5: no such file")
    #expect(throws: HDF5Error.self) { _ = try ModelFile.read("/dev/null") }
  }

  @Test func descriptionCountsProblems() {
    let one = ModelProblem(path: "/a", "is wrong")
    let two = ModelProblem(path: "/b", "is worse")
    #expect(ModelFileError(file: "m.h5", problems: [one]).description == "m.h5: /a: is wrong")
    #expect(
      ModelFileError(file: "m.h5", problems: [one, two]).description
        == "m.h5: 2 problems\n/a: is wrong\n/b: is worse")
  }
}
