import Foundation
import Models
import Testing

@testable import Networks

@Suite("Importance sampling against quadrature and double precision")
struct QuadratureTests {
  /// Compares every log-weight with the same in double precision, and their mean with log p(x) by quadrature.
  private func check(_ model: ModelDescription, _ x: [Float], latents: Int) throws {
    let network = try NetworkModel(model)
    let reference = ReferenceModel(model)
    let data = x.map(Double.init)
    let found = try logWeights(network, [x], draws: 0..<2000)
    for draw in 0..<100 {
      let expected = reference.logWeight(data, noise: noise(network, draw: draw))
      #expect(abs(found[draw] - expected) < 1e-4)
    }
    let evidence = reference.logEvidence(data, latents: latents)
    let (mean, error) = meanAndError(found.map { exp($0 - evidence) })
    #expect(abs(mean - 1) < 4 * error, "\(mean) ± \(error)")
    #expect(error < 0.1)
  }

  @Test("Likelihoods", arguments: Distribution.allCases)
  func likelihood(_ distribution: Distribution) throws {
    var random = Random(UInt64(distribution.rawValue.count))
    let model = toyModel(distribution, pixels: 3, latents: 1, &random)
    try check(model, toyData(distribution, pixels: 3), latents: 1)
  }

  @Test("Parameters in their other forms")
  func forms() throws {
    var random = Random(30)
    let positive = { (random: inout Random, outputs: Int) in
      Parameter.stack(Stack([random.dense(5, outputs, 0.5, activation: .softplus), Layer(.activation)]))
    }
    let constant = { (value: Float) in Parameter.constant(Tensor(shape: [], values: [value])) }
    let probabilities = { (random: inout Random, extra: Layer) in
      Parameter.stack(Stack([random.dense(5, 3, 0.5, activation: .sigmoid), extra]))
    }
    let square = Layer(
      .dense(Dense(weight: Tensor(rows: 3, columns: 3, [1, 0, 0, 0, 1, 0, 0, 0, 1]), layout: .weight)))
    let cases: [(Distribution, [ParameterName: Parameter])] = [
      (.normal, [.mean: constant(0.5), .scale: positive(&random, 3)]),
      (.normal, [.mean: constant(-0.5), .variance: positive(&random, 3)]),
      (.normal, [.mean: .constant(Tensor([0.1, 0.2, 0.3])), .logScale: positive(&random, 3)]),
      (.laplace, [.mean: constant(0.5), .scale: positive(&random, 3)]),
      (.bernoulli, [.probabilities: probabilities(&random, Layer(.reshape([3, 1])))]),
      (.bernoulli, [.probabilities: probabilities(&random, square)]),
      (.continuousBernoulli, [.probabilities: probabilities(&random, Layer(.flatten))]),
      (.continuousBernoulli, [.probabilities: probabilities(&random, square)]),
      (.discretizedLogistic, [.mean: constant(0.5), .scale: positive(&random, 3)]),
      (.beta, [.alpha: positive(&random, 3), .beta: constant(2)]),
      (.poisson, [.rate: positive(&random, 3)]),
      (.negativeBinomial, [.mean: positive(&random, 3), .dispersion: constant(1.5)]),
      (
        .zeroInflatedNegativeBinomial,
        [.logMean: positive(&random, 3), .logDispersion: constant(0.5), .dropoutLogits: constant(-0.5)]
      ),
    ]
    for (distribution, parameters) in cases {
      var model = toyModel(distribution, pixels: 3, latents: 1, &random)
      model.decoders[0].parameters = parameters
      try check(model, toyData(distribution, pixels: 3), latents: 1)
    }
  }

  @Test("A sigmoid at the end of the trunk is read as logits too")
  func trunkSigmoid() throws {
    var random = Random(31)
    var model = toyModel(.bernoulli, pixels: 3, latents: 1, &random)
    model.decoders[0].trunk = Stack([random.dense(1, 3, 60, activation: .sigmoid)])
    model.decoders[0].parameters = [.probabilities: .stack(Stack())]
    // The probabilities saturate in single precision; the logits don't.
    let weights = try logWeights(NetworkModel(model), [[1, 0, 1]], draws: 0..<200)
    #expect(weights.allSatisfy(\.isFinite) && weights.contains { $0 < -20 })
  }

  @Test("Priors", arguments: [1, 2])
  func priors(latents: Int) throws {
    var random = Random(40)
    let scales = { (random: inout Random, shape: [Int]) in
      var tensor = random.tensor(shape, 0.3)
      tensor.values = tensor.values.map { $0 - 0.2 }
      return tensor
    }
    let priors: [Prior] = [
      .standardNormal,
      .normal(mean: random.tensor([latents], 0.5), scaleName: .logScale, scale: scales(&random, [latents])),
      .normalMixture(
        logits: random.tensor([3]), mean: random.tensor([3, latents]), scaleName: .logVariance,
        scale: scales(&random, [3, latents])),
      .normalMixture(
        logits: nil, mean: random.tensor([2, latents]), scaleName: .scale,
        scale: Tensor(shape: [2, latents], values: Array(repeating: 0.8, count: 2 * latents))),
      .vampPrior(logits: random.tensor([20]), pseudoInputs: random.tensor([20, 3])),
    ]
    for prior in priors {
      var model = toyModel(.bernoulli, pixels: 3, latents: latents, &random)
      model.prior = prior
      try check(model, [1, 0, 1], latents: latents)
    }
  }

  @Test("Posteriors", arguments: [Distribution.laplace, .fullNormal])
  func posteriors(_ distribution: Distribution) throws {
    var random = Random(50)
    var model = toyModel(.normal, pixels: 3, latents: 2, &random)
    model.encoders[0] = Conditional(
      distribution, given: [0],
      parameters: [
        .mean: .stack(Stack([random.dense(3, 2, 0.2)])),
        distribution == .laplace ? .scale : .scaleTril:
          distribution == .laplace ? .constant(Tensor([1, 0.9])) : triangle(&random, 2),
      ])
    try check(model, toyData(.normal, pixels: 3), latents: 2)
    if distribution == .fullNormal {
      model.prior = .vampPrior(logits: nil, pseudoInputs: random.tensor([5, 3]))
      try check(model, toyData(.normal, pixels: 3), latents: 2)
    }
  }

  @Test("A convolutional decoder", arguments: [DataFormat.channelsLast, .channelsFirst])
  func convolutional(format: DataFormat) throws {
    var random = Random(60)
    var layer = TransposedConvolution(weight: random.tensor([3, 3, 1, 2]), layout: .kernel, bias: random.tensor([1]))
    layer.stride = [2, 2]
    layer.padding = .same
    var encoding = Convolution(weight: random.tensor([3, 3, 1, 2], 0.3), layout: .kernel)
    encoding.stride = [2, 2]
    let decoder = Stack([
      random.dense(1, 8, activation: .elu()), Layer(.reshape([2, 2, 2])),
      Layer(.transposedConvolution(layer), activation: .sigmoid), Layer(.flatten),
    ])
    var model = toyModel(.bernoulli, pixels: 16, latents: 1, &random)
    model.dataFormat = format
    model.input.shape = format == .channelsLast ? [4, 4, 1] : [1, 4, 4]
    model.encoders[0].trunk = Stack([Layer(.convolution(encoding), activation: .relu), Layer(.flatten)])
    model.encoders[0].parameters = [
      .mean: .stack(Stack([random.dense(2, 1, 0.2)])), .scale: .constant(Tensor([1])),
    ]
    model.decoders[0].trunk = nil
    model.decoders[0].parameters = [.probabilities: .stack(decoder)]
    let x = toyData(.bernoulli, pixels: 16)
    try check(model, x, latents: 1)
    let network = try NetworkModel(model)
    let whole = try logWeights(network, [x], draws: 0..<100, chunk: 96)
    #expect(try logWeights(network, [x], draws: 0..<100, chunk: 17) == whole)
    let batch = (0..<40).map { _ in random.tensor([16]).values } + [x]
    #expect(try logWeights(network, batch, position: 40, draws: 0..<100) == whole)
  }
}
