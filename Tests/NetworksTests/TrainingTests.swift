import Models
import Testing

@testable import Networks

@Suite("Gradients of weights")
struct TrainingTests {
  @Test("Every case of the file has a model")
  func complete() {
    #expect(TrainingFixture.all.count == 28)
    #expect(TrainingFixture.all.allSatisfy { TrainingFixture.model($0.name) != nil })
  }

  /// One step's objective and gradients, `examples` at a time.
  private func gradients(
    _ network: TrainableNetwork, _ objective: TrainingObjective, _ x: [[Float]], examples: Int, step: Int = 1
  ) throws -> (value: Double, gradients: WeightGradients) {
    let draws = TrainingFixture.draws
    let worker = TrainingWorker(network, objective, examples: examples, draws: draws)
    let parts = (x.count + examples - 1) / examples
    let gradients = network.makeGradients(parts: parts)
    var value = 0.0
    for part in 0..<parts {
      let first = part * examples
      let values = x[first..<min(first + examples, x.count)].flatMap { $0 }
      value += try values.withUnsafeBufferPointer {
        try worker.addGradients(
          of: $0, batch: x.count, seed: TrainingFixture.seed, step: step, firstPair: first * draws, to: gradients,
          part: part, begins: true)
      }
      worker.finish(gradients, part: part)
    }
    return (value / Double(x.count), gradients)
  }

  /// Relative to the largest element of each tensor, and to a thousandth of the largest of all: networks run in float32, and
  /// PyTorch ran in double precision.
  @Test("Every objective's against PyTorch's autograd", arguments: TrainingFixture.all)
  func fixture(_ fixture: TrainingFixture) throws {
    let model = try #require(TrainingFixture.model(fixture.name))
    let trained = TrainedNetworks(decoder: fixture.target != .wake)
    for instructions in InstructionSet.available {
      let network = try TrainableNetwork(model, training: trained, instructionSet: instructions)
      for examples in [4, 3] {
        let (value, gradients) = try gradients(network, fixture.target, fixture.x, examples: examples)
        #expect(abs(value - fixture.value) < 1e-5 * max(1, abs(fixture.value)), "\(instructions)")
        let found = network.values(of: gradients)
        #expect(Set(found.keys) == Set(fixture.gradients.keys))
        let largest = fixture.gradients.values.joined().map(\.magnitude).max() ?? 1
        for (path, expected) in fixture.gradients {
          let size = max(expected.map(\.magnitude).max() ?? 0, 1e-3 * largest)
          let own = try #require(found[path])
          let error = zip(own, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
          #expect(
            own.count == expected.count && error < 1e-4 * size, "\(instructions), \(path): \(own), not \(expected)")
        }
      }
    }
  }

  @Test("Twenty steps of Adam follow PyTorch's")
  func adam() throws {
    let steps = try #require(TrainingFixture.steps)
    let x = try #require(TrainingFixture.all.first { $0.name == "one layer" }?.x)
    let network = try TrainableNetwork(try #require(TrainingFixture.model("one layer")))
    for (index, expected) in steps.values.enumerated() {
      let (value, gradients) = try gradients(
        network, .importanceWeighted(.standard), x, examples: 2, step: index + 1)
      #expect(abs(value - expected) < 1e-4 * abs(expected))
      for piece in 0..<network.updatePieces {
        network.update(piece: piece, AdamStep(number: index + 1, rate: 0.01, epsilon: 1e-4), gradients: gradients)
      }
    }
    let found = network.currentDescription.parameters
    #expect(found.count == steps.weights.count)
    for parameter in found {
      let expected = try #require(steps.weights[parameter.path])
      let error = zip(parameter.tensor.values, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(error < 1e-4, "\(parameter.path)")
    }
  }

  @Test("What is frozen keeps its bits, and gradients of the other are the same")
  func frozen() throws {
    let fixture = try #require(TrainingFixture.all.first { $0.name == "two layers" && $0.objective == "vae" })
    let model = try #require(TrainingFixture.model(fixture.name))
    let whole = try TrainableNetwork(model)
    let all = whole.values(of: try gradients(whole, fixture.target, fixture.x, examples: 4).gradients)
    for trained in [TrainedNetworks(encoder: false), TrainedNetworks(decoder: false)] {
      let network = try TrainableNetwork(model, training: trained)
      let (_, slopes) = try gradients(network, fixture.target, fixture.x, examples: 4)
      for (path, gradient) in network.values(of: slopes) { #expect(gradient == all[path], "\(path)") }
      for piece in 0..<network.updatePieces {
        network.update(piece: piece, AdamStep(number: 1, rate: 0.1), gradients: slopes)
      }
      for (before, after) in zip(model.parameters, network.currentDescription.parameters) {
        let isTrained = before.path.hasPrefix("/encoder") ? trained.encoder : trained.decoder
        #expect((before.tensor == after.tensor) != isTrained, "\(before.path)")
      }
    }
  }

  @Test("A network evaluates at the weights that it was handed")
  func packing() throws {
    for name in ["one layer", "images", "constants"] {
      let fixture = try #require(TrainingFixture.all.first { $0.name == name && $0.objective == "iwae" })
      let network = try TrainableNetwork(try #require(TrainingFixture.model(name)))
      for step in 1...2 {
        let (_, slopes) = try gradients(network, fixture.target, fixture.x, examples: 4, step: step)
        for piece in 0..<network.updatePieces {
          network.update(piece: piece, AdamStep(number: step, rate: 0.01), gradients: slopes)
        }
      }
      // Compiled anew, the model has the same packed weights, and so the same bits.
      let again = try TrainableNetwork(network.currentDescription)
      let first = try gradients(network, fixture.target, fixture.x, examples: 4)
      let second = try gradients(again, fixture.target, fixture.x, examples: 4)
      #expect(first.value == second.value, "\(name)")
      #expect(network.values(of: first.gradients) == again.values(of: second.gradients), "\(name)")
    }
  }

  @Test("The state of a run goes into another network of the kind")
  func state() throws {
    let fixture = try #require(TrainingFixture.all.first { $0.name == "images" && $0.objective == "vae" })
    let model = try #require(TrainingFixture.model("images"))
    let (first, second) = (try TrainableNetwork(model), try TrainableNetwork(model))
    func step(_ network: TrainableNetwork, _ number: Int) throws {
      let (_, slopes) = try gradients(network, fixture.target, fixture.x, examples: 4, step: number)
      for piece in 0..<network.updatePieces {
        network.update(piece: piece, AdamStep(number: number, rate: 0.01), gradients: slopes)
      }
    }
    try step(first, 1)
    second.state = first.state
    try step(first, 2)
    try step(second, 2)
    #expect(first.state == second.state)
  }

  /// What has no gradient of its weights is named before anything is trained.
  @Test(
    "Refusals",
    arguments: [
      ("normalization", "/decoder/1/trunk/1/scale"), ("flow", "/encoder/1/flow"), ("mixture", "/prior"),
      ("slope", "/decoder/1/trunk/0/slope"),
    ])
  func refusals(_ change: String, _ path: String) throws {
    var model = try #require(TrainingFixture.model("one layer"))
    switch change {
    case "normalization":
      model.decoders[0].trunk?.layers.append(
        Layer(.layerNormalization(LayerNormalization(scale: Tensor([1, 1, 1, 1, 1]), offset: nil))))
    case "flow": model.encoders[0].flow = [.planar(u: Tensor([1, 0, 0]), w: Tensor([0, 1, 0]), b: 0)]
    case "mixture":
      model.prior = .normalMixture(
        logits: nil, mean: Tensor(rows: 2, columns: 3, [0, 0, 0, 1, 1, 1]), scaleName: .logScale,
        scale: Tensor(rows: 2, columns: 3, [0, 0, 0, 0, 0, 0]))
    default: model.decoders[0].trunk?.layers[0].activation = .prelu(slope: Tensor([0.1]))
    }
    let error = #expect(throws: InvalidModel.self) { try TrainableNetwork(model) }
    #expect(error?.problems.map(\.path).contains(path) == true, "\(String(describing: error))")
    let isOfEncoder = path.hasPrefix("/encoder")
    _ = try TrainableNetwork(model, training: TrainedNetworks(encoder: !isOfEncoder, decoder: isOfEncoder))
  }
}
