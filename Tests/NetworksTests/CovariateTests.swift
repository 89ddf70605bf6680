import Foundation
import Models
import Testing

@testable import Networks

@Suite("Covariates")
struct CovariateTests {
  static let covariates = [
    Covariate("batch", .categorical(["a", "b", "c"])), Covariate("dose", .continuous(size: 1)),
    Covariate("place", .continuous(size: 2)),
  ]

  /// A category, a dose and a place, as networks take them.
  static func known(_ category: Int, total: Float? = nil) -> [Float] {
    (0..<3).map { $0 == category ? 1 : 0 } + [0.7 + Float(category), -0.4, 0.3 * Float(category)]
      + (total.map { [$0] } ?? [])
  }

  private static func dense(_ inputs: Int, _ outputs: Int, _ covariates: [String], _ random: inout Random) -> Layer {
    let layout = CovariateLayout(Self.covariates)
    let width = covariates.reduce(inputs) { $0 + (layout.columns($1)?.count ?? 0) }
    var layer = random.dense(width, outputs, 0.6)
    if case .dense(var dense) = layer.operation {
      dense.covariates = covariates
      layer.operation = .dense(dense)
    }
    return layer
  }

  /// Where a covariate can enter.
  enum Place: String, CaseIterable, Sendable {
    case decoderInput = "joined to the decoder's input"
    case encoderInput = "joined to the encoder's input"
    case parameters = "joined to stacks without a trunk"
    case notDense = "joined where the first layer is not fully connected"
    case layers = "in layers, nested ones too"
    case alone = "in a layer that takes nothing else"
    case kernel = "in a layer stored as a kernel"
    case constants = "constants by category"
    case prior = "prior by category"
    case mixture = "mixture prior by category"
    case flow = "in a flow"
    case hierarchy = "in a posterior given latents"
    case total = "exposure total, a softmax"
    case exposure = "exposure a covariate, a logarithm"
    case exposedMean = "exposure of a positive mean"
  }

  static func model(_ place: Place) -> ModelDescription {
    var random = Random(UInt64(place.rawValue.count * 31))
    let isCount = [.total, .exposure, .exposedMean].contains(place)
    var model = toyModel(isCount ? .negativeBinomial : .normal, pixels: 3, latents: 2, &random)
    model.covariates = covariates
    let all = ["batch", "dose", "place"]
    func head(_ inputs: Int, _ outputs: Int, _ names: [String] = [], _ activation: Activation = .identity) -> Parameter
    {
      var layer = dense(inputs, outputs, names, &random)
      layer.activation = activation
      return .stack(Stack([layer]))
    }
    switch place {
    case .decoderInput:
      model.decoders[0].covariates = ["dose", "batch"]
      var layer = random.dense(2 + 4, 5)
      layer.activation = .tanh
      model.decoders[0].trunk = Stack([layer])
    case .encoderInput:
      model.encoders[0].covariates = all
      model.encoders[0].trunk = Stack([random.dense(3 + 6, 4, 0.3, activation: .softplus)])
    case .parameters:
      model.decoders[0].covariates = ["batch"]
      model.decoders[0].trunk = nil
      model.decoders[0].parameters = [
        .mean: .stack(Stack([random.dense(5, 3)])), .logVariance: .stack(Stack([random.dense(5, 3, 0.2)])),
      ]
    case .notDense:
      model.decoders[0].covariates = ["place", "batch"]
      model.decoders[0].trunk = Stack([Layer(.activation, activation: .tanh), random.dense(2 + 5, 5)])
    case .layers:
      let body = Stack([dense(5, 5, ["dose"], &random)])
      let branches = [Stack([dense(5, 3, ["batch", "place"], &random)]), Stack()]
      model.decoders[0].trunk = Stack([
        dense(2, 5, ["batch"], &random), Layer(.residual(body: body, shortcut: Stack()), activation: .tanh),
        Layer(.concatenation(branches)), random.dense(8, 5),
      ])
      model.decoders[0].parameters[.mean] = head(5, 3, ["place"])
    case .alone:
      // As a label that becomes channels of an image is written: no weight by what goes through.
      var weights = random.tensor([5 + 5, 3])
      for place in 0..<5 * 3 { weights.values[place] = 0 }
      var layer = random.dense(1, 1)
      var kernel = Dense(weight: weights, layout: .kernel, bias: random.tensor([3]))
      kernel.covariates = ["batch", "place"]
      layer.operation = .dense(kernel)
      model.decoders[0].trunk = Stack([
        random.dense(2, 5), Layer(.concatenation([Stack([layer]), Stack()])), random.dense(8, 5, activation: .tanh),
      ])
    case .kernel:
      var layer = random.dense(1, 1)
      var kernel = Dense(weight: random.tensor([2 + 4, 5]), layout: .kernel, bias: random.tensor([5]))
      kernel.covariates = ["batch", "dose"]
      layer.operation = .dense(kernel)
      model.decoders[0].trunk = Stack([layer])
    case .constants:
      var table = random.tensor([3, 3], 0.5)
      table.by = "batch"
      model.decoders[0].parameters[.logVariance] = .constant(table)
      var scales = random.tensor([3], 0.3)
      scales.by = "batch"
      model.encoders[0].parameters[.logVariance] = .constant(scales)
    case .prior, .mixture:
      var mean = random.tensor(place == .prior ? [3, 2] : [3, 4, 2])
      mean.by = "batch"
      if place == .prior {
        model.prior = .normal(mean: mean, scaleName: .logScale, scale: random.tensor([2], 0.4))
      } else {
        var logits = random.tensor([3, 4])
        logits.by = "batch"
        model.prior = .normalMixture(
          logits: logits, mean: mean, scaleName: .logScale, scale: random.tensor([4, 2], 0.4))
      }
    case .flow:
      model.encoders[0].flow = [
        .affineCoupling(
          mask: Tensor([1, 0]), shift: Stack([dense(2, 2, ["batch"], &random)]),
          logScale: Stack([dense(2, 2, ["dose"], &random)])),
        autoregressive(&random),
      ]
    case .hierarchy:
      model.encoders.append(
        Conditional(
          .normal, given: [1, 0],
          parameters: [.mean: .stack(Stack([dense(5, 2, all, &random)])), .scale: .constant(Tensor([0.8, 0.6]))]))
      model.decoders.append(
        Conditional(
          .normal, given: [2],
          parameters: [.mean: .stack(Stack([dense(2, 2, ["batch"], &random)])), .scale: .constant(Tensor([0.9, 0.7]))]))
    case .total:
      model.decoders[0].exposure = .total
      model.decoders[0].parameters = [
        .mean: head(5, 3, ["batch"], .softmax), .dispersion: .constant(Tensor([1, 2, 0.7])),
      ]
    case .exposure:
      model.decoders[0].exposure = .covariate("dose")
    case .exposedMean:
      model.decoders[0].exposure = .covariate("dose")
      model.decoders[0].parameters = [.mean: head(5, 3, [], .softplus), .logDispersion: head(5, 3)]
    }
    return model
  }

  /// Shift and scale of z₂ by z₁ and a covariate.
  private static func autoregressive(_ random: inout Random) -> FlowStep {
    func masked(_ random: inout Random) -> Stack {
      var layer = dense(2, 2, ["batch"], &random)
      if case .dense(var dense) = layer.operation {
        for place in [0, 1, 6] { dense.weight.values[place] = 0 }
        layer.operation = .dense(dense)
      }
      return Stack([layer])
    }
    return .inverseAutoregressive(shift: masked(&random), logScale: masked(&random))
  }

  static func data(_ place: Place) -> [Float] {
    [.total, .exposure, .exposedMean].contains(place) ? [2, 0, 7] : [0.3, -0.6, 1.1]
  }

  static func known(_ place: Place, _ category: Int) -> [Float] {
    known(category, total: place == .total ? data(place).reduce(0, +) : nil)
  }

  @Test(
    "A model at one value of its covariates is one without: draws, gradients, posteriors", arguments: Place.allCases)
  func folds(_ place: Place) throws {
    let model = Self.model(place)
    let x = Self.data(place)
    let network = try NetworkModel(model)
    // The examples of a batch have covariates of their own, in no order.
    let categories = [2, 0, 1, 2, 1]
    let batch = categories.map { _ in x }
    let known = categories.map { Self.known(place, $0) }
    for (position, category) in categories.enumerated() {
      let folded = Folding(layout: model.covariateLayout, values: known[position]).fold(model)
      let plain = try NetworkModel(folded)
      let found = try logWeights(network, batch, covariates: known, position: position, draws: 0..<40)
      let expected = try logWeights(plain, [x], draws: 0..<40)
      // The softmax of a mean is taken in logarithms: roundings of float32 differ.
      let tolerance = place == .total ? 2e-5 : 0
      for (found, expected) in zip(found, expected) {
        #expect(abs(found - expected) <= tolerance, "\(place.rawValue), \(category): \(found), not \(expected)")
      }
      let points: [[Float]] = [[0.3, -1.1, 0.2, 0.9], [1.4, 0.1, -0.7, 0.3]].map {
        Array($0.prefix(network.noiseCount))
      }
      for map in [NoiseMap.posterior, .anchored] {
        let one = try gradients(network, x, covariates: known[position], at: points, map: map)
        let other = try gradients(plain, x, at: points, map: map)
        for (one, other) in zip(one.gradients.joined(), other.gradients.joined()) {
          #expect(abs(one - other) <= Float(tolerance) * max(1, abs(other)), "\(place.rawValue): \(one), not \(other)")
        }
      }
    }
  }

  @Test(
    "Log-weights are those of double precision, and their mean is p(x | covariates) by quadrature",
    arguments: Place.allCases)
  func quadrature(_ place: Place) throws {
    if place == .hierarchy { return }
    let model = Self.model(place)
    let x = Self.data(place)
    let known = Self.known(place, 1)
    let reference = ReferenceModel(Folding(layout: model.covariateLayout, values: known).fold(model))
    let network = try NetworkModel(model)
    let found = try logWeights(network, [x], covariates: [known], draws: 0..<2000)
    for draw in 0..<50 {
      let expected = reference.logWeight(x.map(Double.init), noise: noise(network, draw: draw))
      // Float32 through three layers.
      #expect(abs(found[draw] - expected) < 1e-4 * max(1, abs(expected) / 10))
    }
    // The flow's random scales make weights without a variance to speak of.
    if place == .flow { return }
    let evidence = reference.logEvidence(x.map(Double.init), latents: 2, points: 121)
    let (mean, error) = meanAndError(found.map { exp($0 - evidence) })
    #expect(abs(mean - 1) < 6 * error + 0.01, "\(place.rawValue): \(mean) ± \(error)")
  }

  @Test("Simulation, means and noise take an example's covariates", arguments: Place.allCases)
  func simulation(_ place: Place) throws {
    let model = Self.model(place)
    let network = try NetworkModel(model)
    let known = Self.known(place, 2)
    let plain = try NetworkModel(Folding(layout: model.covariateLayout, values: known).fold(model))
    func simulate(_ network: NetworkModel, _ known: [Float]?) throws -> (x: [Float], means: [Float]) {
      let workspace = network.makeWorkspace(examples: 1)
      encode(network, [Self.data(place)], known.map { [$0] } ?? [], in: workspace)
      var x = [Float](repeating: 0, count: 3)
      var latents = [Float](repeating: 0, count: network.noiseCount)
      try network.simulate(key, in: workspace, example: &x, latents: &latents)
      return (x + latents, try network.means(of: latents, in: workspace))
    }
    let found = try simulate(network, known)
    let expected = try simulate(plain, nil)
    #expect(found.x == expected.x)
    for (found, expected) in zip(found.means, expected.means) { #expect(abs(found - expected) <= 1e-5 * abs(expected)) }
  }

  @Test("Neither the batch nor the chunk changes a bit")
  func bits() throws {
    let model = Self.model(.layers)
    let network = try NetworkModel(model)
    let x = Self.data(.layers)
    let known = (0..<7).map { Self.known(.layers, $0 % 3) }
    let together = try logWeights(network, known.map { _ in x }, covariates: known, position: 5, draws: 0..<50)
    let alone = try logWeights(network, [x], covariates: [known[5]], draws: 0..<50, chunk: 7)
    #expect(together == alone)
  }

  /// What draws share of an example's counts is kept from one chunk to the next, and from no example to another.
  @Test("One memory takes the counts of one example after the other")
  func counts() throws {
    var model = Self.model(.total)
    var dispersions = Tensor(shape: [3, 3], values: [1, 2, 0.7, 3, 0.2, 1, 0.5, 5, 4])
    dispersions.by = "batch"
    model.decoders[0].parameters[.dispersion] = .constant(dispersions)
    let network = try NetworkModel(model)
    let batches: [[[Float]]] = [[[2, 0, 7], [0, 0, 3], [0, 5, 100]], [[1, 0, 0], [4, 0, 7], [2, 0, 7]]]
    let known = batches.map { $0.enumerated().map { Self.known($0, total: $1.reduce(0, +)) } }
    let workspace = network.makeWorkspace(examples: 3, draws: 16)
    for (batch, position) in [(0, 1), (0, 0), (0, 2), (0, 1), (1, 1), (0, 1), (1, 2)] {
      encode(network, batches[batch], known[batch], in: workspace)
      var found = [Double](repeating: 0, count: 16)
      for _ in 0..<2 {
        try found.withUnsafeMutableBufferPointer {
          try network.logWeights(position: position, key: key, draws: 0..<16, in: workspace, into: $0)
        }
      }
      let alone = try logWeights(
        network, [batches[batch][position]], covariates: [known[batch][position]], draws: 0..<16)
      #expect(found == alone)
    }
  }

  @Test("What does not fit is named by its path")
  func problems() {
    func problems(_ change: (inout ModelDescription) -> Void, _ place: Place = .decoderInput) -> [String] {
      var model = Self.model(place)
      change(&model)
      return ModelPlan(model).problems.map(\.description)
    }
    #expect(
      problems { $0.decoders[0].covariates = ["dos"] }
        == ["/decoder/1: unknown covariate \"dos\"; expected \"batch\" or \"dose\" or \"place\""])
    #expect(
      problems { $0.decoders[0].covariates = ["batch"] }
        == ["/decoder/1/trunk/0/weight: expected 2 inputs and 3 of batch, found 6: shape [5, 6]"])
    #expect(problems { $0.covariates = [] } == ["/decoder/1: unknown covariate \"dose\"; /covariates has none such"])
    #expect(
      problems { $0.covariates[0].kind = .categorical(["a", "b", "a"]) }
        == ["/covariates/batch/categories: the category \"a\" is there twice"])
    #expect(
      problems { $0.covariates[1].kind = .continuous(size: 0) }
        == ["/covariates/dose: expected a positive size, found 0"])
    #expect(
      problems(
        {
          $0.decoders[0].parameters[.logVariance] = .constant(
            Tensor(shape: [2, 3], values: Array(repeating: 0, count: 6), by: "batch"))
        }, .constants)
        == ["/decoder/1/log_variance: expected 3 along the first axis, by batch; found shape [2, 3]"])
    #expect(
      problems(
        { $0.decoders[0].parameters[.logVariance] = .constant(Tensor(shape: [3], values: [0, 0, 0], by: "dose")) },
        .constants)
        == ["/decoder/1/log_variance: by \"dose\": expected \"batch\""])
    #expect(
      problems { $0.decoders[0].exposure = .total }
        == [
          "/decoder/1: exposure goes with a likelihood of counts: poisson, negative-binomial, zero-inflated-negative-binomial"
        ])
    #expect(
      problems({ $0.decoders[0].exposure = .covariate("batch") }, .exposure)
        == ["/decoder/1: exposure \"batch\": expected \"dose\" or \"total\""])
    #expect(
      problems({ $0.decoders[0].parameters[.logMean] = .constant(Tensor([0, 0, 0])) }, .exposure)
        == ["/decoder/1: exposure multiplies what a stack gives; mean is a constant"])
    #expect(
      problems { $0.decoders[0].epsilon = 1e-8 }
        == ["/decoder/1: epsilon 1e-08: expected a positive number, of a negative binomial"])
    #expect(
      problems(
        { model in
          model.prior = .vampPrior(logits: nil, pseudoInputs: Tensor(shape: [2, 3], values: [0, 1, 0, 1, 1, 0]))
        }, .encoderInput
      ).count == 1)
    #expect(
      problems({ $0.input.names = ["g", "h", "g"] }).first?.hasPrefix("/input/names: expected 3 different names")
        == true)
  }
}
