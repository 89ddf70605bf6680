import CKernels
import Foundation
import Models
import Testing

@testable import Networks

@Suite("Examples drawn from the model")
struct SimulationTests {
  private static func simulated(_ network: NetworkModel, count: Int) throws -> [(x: [Float], z: [Float])] {
    let workspace = network.makeWorkspace(examples: 1)
    return try (0..<count).map { example in
      var x = [Float](repeating: 0, count: network.inputCount)
      var z = [Float](repeating: 0, count: network.noiseCount)
      try network.simulate(
        DrawKey(seed: 5, example: UInt64(example)), in: workspace, example: &x, latents: &z)
      return (x, z)
    }
  }

  /// The mean of the score ∂ log p(x) / ∂θ over draws of x from p is zero, for every parameter.
  @Test("The score of every parameter has mean zero", arguments: Distribution.allCases.filter { $0 != .fullNormal })
  func scores(_ likelihood: Distribution) throws {
    var random = Random(400)
    var model = toyModel(likelihood, pixels: 2, latents: 1, &random)
    let components = likelihood == .categorical ? 3 : likelihood == .logisticMixture ? 2 : 1
    for (name, _) in model.decoders[0].parameters {
      model.decoders[0].parameters[name] = .constant(random.tensor([2 * components], name == .mean ? 0.4 : 1))
    }
    // Rates past 30 are drawn in another way.
    if likelihood == .poisson || likelihood == .negativeBinomial {
      model.decoders[0].parameters[likelihood == .poisson ? .logRate : .logMean] = .constant(Tensor([0.7, 4.2]))
    }
    let network = try NetworkModel(model)
    let count = 4096
    let draws = try Self.simulated(network, count: count)
    let x = AlignedBuffer(count: 2 * count)
    for (lane, draw) in draws.enumerated() { for row in 0..<2 { x.pointer[row * count + lane] = draw.x[row] } }
    let decoder = network.decoders[0]
    let results = decoder.parameters.map { _ in AlignedBuffer(count: 2 * components * count) }
    var arguments = ck_density_arguments(
      decoder.density, components: components, bins: decoder.bins,
      x: ck_operand(data: x.pointer, row_step: count, lane_step: 1, form: CK_DIRECT))
    for (slot, parameter) in decoder.parameters.enumerated() {
      guard case .constant(let buffer, let rowStep, let form) = parameter else { continue }
      arguments.set(slot, ck_operand(data: buffer.pointer, row_step: rowStep, lane_step: 0, form: form))
    }
    let places: [UnsafeMutablePointer<Float>?] =
      [nil] + (0..<3).map { $0 < results.count ? results[$0].pointer : nil }
    network.k.log_density_gradient(2, count, &arguments, places)
    for (slot, result) in results.enumerated() {
      for row in 0..<2 * components {
        let (mean, error) = meanAndError((0..<count).map { Double(result.pointer[row * count + $0]) })
        #expect(abs(mean) < 4.5 * error + 1e-6, "parameter \(slot), row \(row): \(mean) ± \(error)")
      }
    }
  }

  /// With s = ∇ log p(x, z) by z, E s = 0 and E s z = −1 over draws of both: integration by parts.
  @Test("Latents and data are drawn from the joint distribution", arguments: HierarchicalModel.all)
  func joint(_ model: HierarchicalModel) throws {
    var random = Random(410)
    var description = model.description(&random)
    // A posterior of N(0, I), so that the noise is the latents.
    for layer in description.encoders.indices {
      let size = HierarchicalModel.sizes[layer + 1]
      description.encoders[layer] = Conditional(
        .normal, given: [0],
        parameters: [
          .mean: .constant(Tensor([Float](repeating: 0, count: size))),
          .logScale: .constant(Tensor(shape: [], values: [0])),
        ])
    }
    let network = try NetworkModel(description)
    let draws = try Self.simulated(network, count: 1500)
    let scores = try draws.map { draw in
      zip(try gradients(network, draw.x, at: [draw.z]).gradients[0], draw.z).map { Double($0 - $1) }
    }
    for row in 0..<network.noiseCount {
      // A Laplace conditional's kinks don't matter: its density is continuous.
      let (mean, error) = meanAndError(scores.map { $0[row] })
      #expect(abs(mean) < 4.5 * error, "\(row): \(mean) ± \(error)")
      let (product, productError) = meanAndError(zip(scores, draws).map { $0[row] * Double($1.z[row]) })
      #expect(abs(product + 1) < 4.5 * productError, "\(row): \(product) ± \(productError)")
    }
  }

  @Test("One-hot runs have the frequencies of their classes")
  func oneHot() throws {
    let probabilities: [Float] = [0.2, 0.5, 0.3, 0.7, 0.1, 0.2]
    let network = try NetworkModel(
      ModelDescription(
        input: .init(shape: [2, 3]),
        encoders: [
          Conditional(
            .normal, given: [0],
            parameters: [.mean: .constant(Tensor([0])), .logScale: .constant(Tensor(shape: [], values: [0]))])
        ],
        decoders: [
          Conditional(
            .categorical, given: [1],
            parameters: [.logits: .constant(Tensor(shape: [2, 3], values: probabilities.map { log($0) }))])
        ]))
    let count = 2000
    let draws = try Self.simulated(network, count: count)
    for draw in draws {
      for run in [draw.x[0..<3], draw.x[3..<6]] { #expect(run.sorted() == [0, 0, 1]) }
    }
    for (element, probability) in probabilities.enumerated() {
      let mean = draws.reduce(0) { $0 + $1.x[element] } / Float(count)
      #expect(abs(mean - probability) < 4.5 * (probability * (1 - probability) / Float(count)).squareRoot())
    }
  }

  @Test("A full normal, and the components of priors")
  func priors() throws {
    var random = Random(420)
    var model = toyModel(.fullNormal, pixels: 3, latents: 2, &random)
    let factor = triangle(&random, 3)
    model.decoders[0].parameters = [.mean: .constant(Tensor([1, -2, 3])), .scaleTril: factor]
    model.prior = .normalMixture(
      logits: Tensor([0, 1]), mean: Tensor(rows: 2, columns: 2, [-3, 0, 2, 1]), scaleName: .scale,
      scale: Tensor(rows: 2, columns: 2, [0.5, 1, 2, 0.1]))
    let draws = try Self.simulated(NetworkModel(model), count: 4000)
    guard case .constant(let tril) = factor else { return }
    for row in 0..<3 {
      let (mean, error) = meanAndError(draws.map { Double($0.x[row]) - [1, -2, 3][row] })
      #expect(abs(mean) < 4.5 * error)
      for other in 0...row {
        let expected = (0...other).reduce(0.0) {
          $0 + Double(tril.values[row * 3 + $1]) * Double(tril.values[other * 3 + $1])
        }
        let (found, error) = meanAndError(
          draws.map { (Double($0.x[row]) - [1, -2, 3][row]) * (Double($0.x[other]) - [1, -2, 3][other]) })
        #expect(abs(found - expected) < 4.5 * error)
      }
    }
    let weight = exp(1.0) / (1 + exp(1.0))
    for (row, means) in [(0, [-3.0, 2]), (1, [0.0, 1])] {
      let (mean, error) = meanAndError(draws.map { Double($0.z[row]) })
      #expect(abs(mean - (1 - weight) * means[0] - weight * means[1]) < 4.5 * error)
    }
  }

  @Test("Are pure functions of the key")
  func keys() throws {
    var random = Random(430)
    let network = try NetworkModel(HierarchicalModel.all[8].description(&random))
    let workspace = network.makeWorkspace(examples: 1)
    var results: [[Float]] = []
    for key in [DrawKey(seed: 1, example: 2), DrawKey(seed: 1, example: 3), DrawKey(seed: 2, example: 2)] + [
      DrawKey(seed: 1, example: 2)
    ] {
      var x = [Float](repeating: 0, count: network.inputCount)
      var z = [Float](repeating: 0, count: network.noiseCount)
      try network.simulate(key, in: workspace, example: &x, latents: &z)
      results.append(x + z)
    }
    #expect(results[0] == results[3] && results[0] != results[1] && results[0] != results[2])
  }
}

@Suite("The noise of given latents")
struct LatentNoiseTests {
  private func expectRoundTrip(
    _ model: ModelDescription, _ x: [Float], seed: UInt64, map: NoiseMap = .posterior, tolerance: Float = 2e-5
  ) throws {
    var random = Random(seed)
    let network = try NetworkModel(model)
    #expect(network.stepWithoutInverse == nil)
    let workspace = network.makeWorkspace(examples: 1)
    x.withUnsafeBufferPointer { network.encode($0, count: 1, in: workspace) }
    let lanes = 16
    let noise = (0..<network.noiseCount * lanes).map { _ in random.number(2.5) }
    let latents = noise.withUnsafeBufferPointer { noise in
      let chunk = network.sample(position: 0, lanes: lanes, map, in: workspace) { layer, workspace in
        network.givenNoise(layer, noise.baseAddress.unsafelyUnwrapped, lanes: lanes, arena: &workspace.arena)
      }
      return (0..<lanes).map { lane in chunk.latents.flatMap { z in (0..<z.rows).map { z.data[$0 * lanes + lane] } } }
    }
    for lane in 0..<3 {
      var found = [Float](repeating: 0, count: network.noiseCount)
      try network.noise(of: latents[lane], position: 0, map: map, in: workspace, into: &found)
      for row in found.indices {
        #expect(abs(found[row] - noise[row * lanes + lane]) < tolerance, "row \(row)")
      }
    }
  }

  @Test(
    "Is what they were made of, in every hierarchy", arguments: HierarchicalModel.all, [NoiseMap.posterior, .anchored])
  func hierarchies(_ model: HierarchicalModel, map: NoiseMap) throws {
    var random = Random(440)
    try expectRoundTrip(model.description(&random), HierarchicalModel.data(&random), seed: 441, map: map)
  }

  @Test("Goes back through flows", arguments: [[0], [1, 2], [3, 4], [0, 1, 2, 3, 4]])
  func flows(_ steps: [Int]) throws {
    var random = Random(450)
    var model = toyModel(.bernoulli, pixels: 4, latents: 3, &random)
    let all = FlowTests.steps(3, &random)
    model.encoders[0].flow = steps.map { all[$0] }
    // A flow may magnify the rounding of the latents.
    try expectRoundTrip(model, [1, 0, 1, 1], seed: 451, tolerance: 1e-4)
  }

  @Test("A planar step that folds is named")
  func withoutInverse() throws {
    var random = Random(460)
    var model = toyModel(.bernoulli, pixels: 4, latents: 3, &random)
    model.encoders[0].flow = [FlowTests.steps(3, &random)[5]]
    #expect(try NetworkModel(model).stepWithoutInverse?.path == "/encoder/1/flow/0")
  }
}
