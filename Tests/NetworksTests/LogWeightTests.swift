import Foundation
import Models
import Testing

@testable import Networks

@Suite("Log-weights of hierarchical models")
struct LogWeightTests {
  @Test("Agree with double precision on the same noise", arguments: HierarchicalModel.all)
  func doublePrecision(_ model: HierarchicalModel) throws {
    var random = Random(100)
    let description = model.description(&random)
    let x = HierarchicalModel.data(&random)
    let reference = ReferenceModel(description)
    for instructions in InstructionSet.available {
      let network = try NetworkModel(description, instructionSet: instructions)
      let found = try logWeights(network, [x], draws: 0..<40)
      for draw in 0..<40 {
        let expected = reference.logWeight(x.map(Double.init), noise: noise(network, draw: draw))
        #expect(abs(found[draw] - expected) < 1e-4, "\(instructions) \(draw)")
      }
    }
  }

  @Test("Are the same bits in chunks of any size and at any place of a batch", arguments: HierarchicalModel.all)
  func sameBits(_ model: HierarchicalModel) throws {
    var random = Random(101)
    let network = try NetworkModel(model.description(&random))
    let batch = (0..<120).map { _ in HierarchicalModel.data(&random) }
    let whole = try logWeights(network, [batch[3]], draws: 0..<200, chunk: 96)
    for chunk in [1, 16, 17, 48, 95] {
      #expect(try logWeights(network, [batch[3]], draws: 0..<200, chunk: chunk) == whole)
    }
    let parts =
      try logWeights(network, [batch[3]], draws: 0..<7) + logWeights(network, [batch[3]], draws: 7..<20)
    #expect(parts == Array(whole[0..<20]))
    #expect(try logWeights(network, batch, position: 3, draws: 0..<20) == Array(whole[0..<20]))
    let moved = Array(batch[10...]) + [batch[3]]
    #expect(try logWeights(network, moved, position: moved.count - 1, draws: 0..<20) == Array(whole[0..<20]))
  }

  @Test("Terms in closed form have the mean of the sampled ones", arguments: HierarchicalModel.all)
  func closedForms(_ model: HierarchicalModel) throws {
    var random = Random(102)
    let network = try NetworkModel(model.description(&random))
    #expect(network.hasClosedForm == model.hasClosedForm)
    let x = HierarchicalModel.data(&random)
    let sampled = try logWeights(network, [x], draws: 0..<2000)
    let closed = try logWeights(network, [x], draws: 0..<2000, terms: .closedForm)
    let (mean, error) = meanAndError(zip(sampled, closed).map { $0 - $1 })
    #expect(abs(mean) < 4 * error, "\(mean) ± \(error)")
  }

  @Test("A closed form by hand")
  func byHand() throws {
    let row = { (values: [Float]) in Parameter.constant(Tensor(values)) }
    var model = ModelDescription(
      input: .init(shape: [1]),
      encoders: [
        Conditional(.normal, given: [0], parameters: [.mean: row([0.5, -1]), .logVariance: row([-1, 0.5])])
      ],
      decoders: [
        Conditional(.bernoulli, given: [1], parameters: [.logits: .constant(Tensor(shape: [], values: [0]))])
      ])
    let standard: Double = 0.5 * (0.25 + exp(-1)) + 0.5 * (exp(0.5) - 0.5)
    for weight in try logWeights(NetworkModel(model), [[1]], draws: 0..<20, terms: .closedForm) {
      #expect(abs(weight - (log(0.5) - standard)) < 1e-6)
    }
    model.prior = .normal(mean: Tensor([1, -1]), scaleName: .scale, scale: Tensor([2, 0.5]))
    let divergence = { (mean: Double, variance: Double, priorMean: Double, priorVariance: Double) -> Double in
      let distance = (mean - priorMean) * (mean - priorMean)
      return 0.5 * (log(priorVariance / variance) + (variance + distance) / priorVariance - 1)
    }
    let normal = divergence(0.5, exp(-1), 1, 4) + divergence(-1, exp(0.5), -1, 0.25)
    for weight in try logWeights(NetworkModel(model), [[1]], draws: 0..<20, terms: .closedForm) {
      #expect(abs(weight - (log(0.5) - normal)) < 1e-6)
    }
    model.prior = .normal(mean: Tensor([1, -1]), scaleName: .scale, scale: Tensor([2, -0.5]))
    for terms in [NetworkModel.Terms.sampled, .closedForm] {
      let error = #expect(throws: InvalidParameter.self) {
        try logWeights(NetworkModel(model), [[1]], draws: 0..<16, terms: terms)
      }
      #expect(error?.path == "/prior")
    }
  }

  @Test("Held latents are left out of q and p")
  func held() throws {
    var random = Random(103)
    var description = toyModel(.bernoulli, pixels: 3, latents: 3, &random)
    description.prior = .normal(
      mean: random.tensor([3]), scaleName: .logScale, scale: random.tensor([3], 0.3))
    let network = try NetworkModel(description)
    let held = try network.holding(HeldLatents(values: [[nil, 0.75, nil]]))
    let x: [Float] = [1, 0, 1]
    let reference = ReferenceModel(description)
    for (draw, weight) in try logWeights(held, [x], draws: 0..<20).enumerated() {
      let noise = noise(network, draw: draw)
      var (latents, logPosterior) = reference.sample(x.map(Double.init), noise: noise)
      // Take back what unit 1 adds to log q at its free value, and to log p at its held one.
      logPosterior -= posteriorDensity(reference, x, unit: 1, latents[0][1])
      latents[0][1] = 0.75
      let logJoint = reference.logJoint(x.map(Double.init), latents) - priorDensity(description, unit: 1, 0.75)
      #expect(abs(weight - (logJoint - logPosterior)) < 1e-4)
    }
    #expect(throws: InvalidModel.self) { try network.holding(HeldLatents(values: [[nil, 0.75]])) }
  }

  private func priorDensity(_ model: ModelDescription, unit: Int, _ value: Double) -> Double {
    guard case .normal(let mean, _, let scale) = model.prior else { return .nan }
    return ReferenceDensity.normal(value, Double(mean.values[unit]), exp(Double(scale.values[unit])))
  }

  private func posteriorDensity(_ reference: ReferenceModel, _ x: [Float], unit: Int, _ value: Double) -> Double {
    let mean = reference.sample(x.map(Double.init), noise: [[0, 0, 0]]).latents[0][unit]
    let above = reference.sample(x.map(Double.init), noise: [[1, 1, 1]]).latents[0][unit]
    return ReferenceDensity.normal(value, mean, above - mean)
  }

  @Test("A draw that was not asked for is not what makes an example invalid")
  func invalidDraws() throws {
    // The scale of x is z + 0.5: out of its domain for some three draws in ten.
    let weight = Tensor(rows: 1, columns: 1, [1])
    let scale = Stack([Layer(.dense(Dense(weight: weight, layout: .weight, bias: Tensor([0.5]))))])
    let description = ModelDescription(
      input: .init(shape: [1]),
      encoders: [
        Conditional(.normal, given: [0], parameters: [.mean: .constant(Tensor([0])), .scale: .constant(Tensor([1]))])
      ],
      decoders: [
        Conditional(.normal, given: [1], parameters: [.mean: .constant(Tensor([0])), .scale: .stack(scale)])
      ])
    for instructions in InstructionSet.available {
      let network = try NetworkModel(description, instructionSet: instructions)
      let invalid = (0..<32).map { noise(network, draw: $0)[0][0] <= -0.5 }
      #expect(invalid.contains(true) && invalid.contains(false))
      for draw in 0..<32 {
        let result = Result { try logWeights(network, [[1]], draws: draw..<draw + 1) }
        #expect((try? result.get()) == nil ? invalid[draw] : !invalid[draw], "\(draw)")
      }
    }
  }

  @Test("Posteriors of a layer: means, scales and divergences")
  func posteriors() throws {
    var random = Random(104)
    let description = toyModel(.bernoulli, pixels: 3, latents: 2, &random)
    let network = try NetworkModel(description)
    let workspace = network.makeWorkspace(examples: 1)
    [Float](arrayLiteral: 1, 0, 1).withUnsafeBufferPointer { network.encode($0, count: 1, in: workspace) }
    let posterior = try network.posteriors(position: 0, key: key, draws: 0..<5, in: workspace)[0]
    let reference = ReferenceModel(description)
    let means = reference.sample([1, 0, 1], noise: [[0, 0]]).latents[0]
    let scales = zip(reference.sample([1, 0, 1], noise: [[1, 1]]).latents[0], means).map { $0 - $1 }
    #expect(posterior.units == 2 && posterior.draws == 1)
    for unit in 0..<2 {
      #expect(abs(posterior.means[unit] - means[unit]) < 1e-5 && abs(posterior.scales[unit] - scales[unit]) < 1e-5)
      let divergence = (scales[unit] * scales[unit] + means[unit] * means[unit] - 1) / 2 - log(scales[unit])
      #expect(abs(posterior.divergences[unit] - divergence) < 1e-5)
    }
  }
}
