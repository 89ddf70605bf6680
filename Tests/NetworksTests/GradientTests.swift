import Foundation
import Models
import Testing

@testable import Networks

@Suite("Gradients against central differences in double precision")
struct GradientTests {
  @Test("Hierarchies", arguments: HierarchicalModel.all)
  func hierarchies(_ model: HierarchicalModel) throws {
    var random = Random(200)
    let description = model.description(&random)
    try expectGradients(of: description, at: HierarchicalModel.data(&random), seed: 201)
  }

  @Test("Likelihoods", arguments: Distribution.allCases)
  func likelihoods(_ likelihood: Distribution) throws {
    var random = Random(210)
    let model = toyModel(likelihood, pixels: 6, latents: 3, &random)
    try expectGradients(of: model, at: toyData(likelihood, pixels: 6), seed: 211)
  }

  /// The model of a likelihood whose parameters are stored under the given names.
  static let forms: [(Distribution, [ParameterName])] = [
    (.normal, [.mean, .logScale]), (.normal, [.mean, .scale]), (.normal, [.mean, .variance]),
    (.laplace, [.mean, .scale]), (.bernoulli, [.probabilities]), (.continuousBernoulli, [.probabilities]),
    (.discretizedLogistic, [.mean, .scale]), (.beta, [.alpha, .beta]), (.poisson, [.rate]),
    (.negativeBinomial, [.mean, .dispersion]), (.zeroInflatedNegativeBinomial, [.mean, .dispersion, .dropoutLogits]),
  ]

  @Test("Parameters stored in every form", arguments: GradientTests.forms)
  func parameterForms(_ distribution: Distribution, _ names: [ParameterName]) throws {
    var random = Random(220)
    var model = toyModel(distribution, pixels: 6, latents: 3, &random)
    var parameters: [ParameterName: Parameter] = [:]
    for name in names {
      // A sigmoid behind an affine layer is not read as logits; it keeps what has to be positive so.
      let isPositive = name != .mean && name != .logScale && name != .dropoutLogits || distribution == .negativeBinomial
      let last = Layer(
        .batchNormalization(
          BatchNormalization(
            mean: Tensor([Float](repeating: 0, count: 6)), variance: Tensor([Float](repeating: 1.2, count: 6)),
            scale: Tensor([Float](repeating: 0.9, count: 6)), offset: Tensor([Float](repeating: 0.05, count: 6)))))
      let isCount = name == .mean && distribution == .zeroInflatedNegativeBinomial
      parameters[name] = .stack(
        Stack(
          [random.dense(5, 6, 0.6, activation: isPositive || isCount ? .sigmoid : .identity)]
            + (isPositive || isCount ? [last] : [])))
    }
    model.decoders[0].parameters = parameters
    try expectGradients(of: model, at: toyData(distribution, pixels: 6), seed: 221)
  }

  @Test("Constant parameters", arguments: [Distribution.normal, .laplace, .negativeBinomial])
  func constants(_ likelihood: Distribution) throws {
    var random = Random(230)
    var model = toyModel(likelihood, pixels: 4, latents: 2, &random)
    let name: ParameterName =
      likelihood == .normal ? .logVariance : likelihood == .laplace ? .logScale : .logDispersion
    model.decoders[0].parameters[name] = .constant(Tensor(shape: [], values: [0.4]))
    try expectGradients(of: model, at: toyData(likelihood, pixels: 4), seed: 231)
    model.decoders[0].parameters[name] = .constant(random.tensor([4]))
    try expectGradients(of: model, at: toyData(likelihood, pixels: 4), seed: 232)
  }

  @Test("Activations, alone, after a dense layer and before a normalization", arguments: LayerTests.activations)
  func activations(_ activation: Activation) throws {
    var random = Random(240)
    var model = toyModel(.bernoulli, pixels: 4, latents: 3, &random)
    var moments = BatchNormalization(mean: random.tensor([5]), variance: Tensor([1, 2, 0.5, 1.5, 1]))
    moments.scale = random.tensor([5])
    for trunk in [
      [Layer(.activation, activation: activation), random.dense(3, 5)],
      [random.dense(3, 5, activation: activation)],
      [random.dense(3, 5, activation: activation), Layer(.batchNormalization(moments), activation: activation)],
      [random.dense(3, 5, activation: activation), Layer(.activation, activation: activation), random.dense(5, 5)],
    ] {
      model.decoders[0].trunk = Stack(trunk)
      try expectGradients(of: model, at: [1, 0, 0, 1], seed: 241)
    }
  }

  @Test("Residuals, joins, normalizations and reshapes, inside one another")
  func nested() throws {
    var random = Random(250)
    let inner = Layer(
      .residual(body: Stack([random.dense(6, 6, activation: .tanh), random.dense(6, 6)]), shortcut: Stack()),
      activation: .softplus)
    let projected = Layer(.residual(body: Stack([inner, random.dense(6, 4)]), shortcut: Stack([random.dense(6, 4)])))
    let joined = Layer(
      .concatenation([Stack(), Stack([inner]), Stack([random.dense(6, 3), Layer(.activation, activation: .exp)])]))
    let normalized = Layer(
      .layerNormalization(LayerNormalization(scale: random.tensor([6]), offset: random.tensor([6]))),
      activation: .silu)
    let stacks = [
      Stack([inner]), Stack([projected]), Stack([joined, random.dense(15, 2)]), Stack([normalized, normalized]),
      Stack([inner, inner, joined, Layer(.activation, activation: .tanh), random.dense(15, 6), projected]),
      Stack([
        Layer(.reshape([3, 2])), random.dense(2, 3), Layer(.flatten), random.dense(9, 6, activation: .elu()), inner,
      ]),
      Stack([Layer(.reshape([2, 3])), Layer(.layerNormalization(LayerNormalization())), random.dense(3, 3)]),
      Stack([
        Layer(.product([Stack([random.dense(6, 4, activation: .sigmoid)]), Stack([random.dense(6, 4)])])),
        random.dense(4, 6), inner,
      ]),
      Stack([
        inner, Layer(.product([Stack(), Stack([random.dense(6, 1)]), Stack([inner]), Stack([random.dense(6, 6)])])),
        Layer(.product([Stack(), Stack()]), activation: .tanh),
      ]),
      Stack([
        Layer(.reshape([3, 2])), Layer(.permute([1, 0]), activation: .mish), random.dense(3, 3),
        Layer(.permute([1, 0])),
      ]),
      Stack([random.dense(6, 5, activation: .softplus), Layer(.activation, activation: .log), random.dense(5, 6)]),
      Stack([random.dense(6, 5, activation: .softplus), Layer(.activation, activation: .log1p), random.dense(5, 6)]),
      Stack([random.dense(6, 5, activation: .softplus), Layer(.activation, activation: .sqrt), random.dense(5, 6)]),
      Stack([Layer(.reshape([1, 3, 2])), Layer(.activation, activation: .prelu(slope: Tensor([0.25, -0.5])))]),
      Stack(), Stack([Layer(.flatten)]), Stack([Layer(.residual(body: Stack(), shortcut: Stack()))]),
      Stack([Layer(.activation, activation: .tanh), Layer(.activation, activation: .gelu), inner]),
      Stack([Layer(.activation, activation: .softmax), inner, Layer(.activation, activation: .softmax)]),
    ]
    for (index, stack) in stacks.enumerated() {
      let output = try run(stack, on: [[Float](repeating: 0, count: 6)], shape: [6]).shape.reduce(1, *)
      var model = toyModel(.bernoulli, pixels: 4, latents: 6, &random)
      model.decoders[0].trunk = stack + Stack([Layer(.flatten), random.dense(output, 5)])
      try expectGradients(of: model, at: [1, 0, 0, 1], seed: 251 + UInt64(index))
    }
  }

  @Test("Flows", arguments: 0..<7)
  func flows(_ index: Int) throws {
    var random = Random(260)
    var model = toyModel(.bernoulli, pixels: 4, latents: 3, &random)
    let steps = FlowTests.steps(3, &random)
    model.encoders[0].flow = index < 6 ? [steps[index]] : steps
    try expectGradients(of: model, at: [1, 0, 1, 1], seed: 261)
  }

  @Test(
    "A flow on a layer that others are given, with every posterior",
    arguments: [Distribution.normal, .laplace, .fullNormal])
  func flowOfALayer(_ posterior: Distribution) throws {
    var random = Random(270)
    for model in HierarchicalModel.all where model.encoders.count == 2 {
      var description = model.description(&random)
      var mixed = model
      mixed.posteriors = [posterior, posterior]
      description = mixed.description(&random)
      description.encoders[0].flow = FlowTests.steps(4, &random)
      description.encoders[1].flow = FlowTests.steps(3, &random)
      try expectGradients(of: description, at: HierarchicalModel.data(&random), seed: 271)
    }
  }

  @Test("Priors")
  func priors() throws {
    var random = Random(280)
    var model = toyModel(.bernoulli, pixels: 4, latents: 3, &random)
    let positive = { (random: inout Random, shape: [Int]) in
      var tensor = random.tensor(shape)
      tensor.values = tensor.values.map { 0.7 + abs($0) }
      return tensor
    }
    let priors: [Prior] = [
      .standardNormal,
      .normal(mean: random.tensor([3]), scaleName: .logVariance, scale: random.tensor([3])),
      .normal(mean: random.tensor([3]), scaleName: .variance, scale: positive(&random, [3])),
      .normalMixture(
        logits: random.tensor([4]), mean: random.tensor([4, 3], 2), scaleName: .logScale, scale: random.tensor([4, 3])),
      .normalMixture(
        logits: nil, mean: random.tensor([2, 3], 2), scaleName: .scale, scale: positive(&random, [2, 3])),
      .vampPrior(logits: random.tensor([5]), pseudoInputs: random.tensor([5, 4])),
    ]
    for (index, prior) in priors.enumerated() {
      model.prior = prior
      try expectGradients(of: model, at: [1, 0, 1, 1], seed: 281 + UInt64(index))
    }
    for posterior in [Distribution.laplace, .fullNormal] {
      model.prior = .vampPrior(logits: nil, pseudoInputs: random.tensor([3, 4]))
      model.encoders[0] = Conditional(
        posterior, given: [0],
        parameters: [
          .mean: .stack(Stack([random.dense(4, 3)])),
          posterior == .laplace ? .logScale : .scaleTril: posterior == .laplace
            ? .stack(Stack([random.dense(4, 3)])) : triangle(&random, 3),
        ])
      try expectGradients(of: model, at: [1, 0, 1, 1], seed: 288)
    }
  }
}

extension Stack {
  fileprivate static func + (first: Stack, second: Stack) -> Stack { Stack(first.layers + second.layers) }
}
