import Foundation
import Models

@testable import Networks

/// A value and a gradient by PyTorch, and the model of the same name: a case of Fixtures/gradients.json, which
/// make_gradients.py beside it made.
struct GradientFixture: NumberedWeights, Decodable, Sendable {
  let name: String
  let x: [Float]
  let noise: [Float]
  let value: Double
  let gradient: [Double]

  static let all: [GradientFixture] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/gradients.json")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return (try? JSONDecoder().decode([GradientFixture].self, from: data)) ?? []
  }()

  private static let pixels = 6
  private static let latents = 3

  private static func head(_ inputs: Int, _ outputs: Int, _ seed: Double, _ scale: Double = 0.5) -> Parameter {
    .stack(Stack([dense(inputs, outputs, seed, scale)]))
  }

  /// Zeros above the diagonal, and ones on it.
  private static func triangle(_ d: Int, _ seed: Double, _ scale: Double) -> Parameter {
    var tensor = numbers([d, d], seed, scale)
    for row in 0..<d {
      for column in row..<d { tensor.values[row * d + column] = row == column ? 1 : 0 }
    }
    return .constant(tensor)
  }

  /// The model that the case is of; nil for an unknown name.
  var model: ModelDescription? {
    switch name {
    case "images": Self.through(Self.images, width: 48, format: .channelsFirst)
    case "joined": Self.through(Self.joined, width: 27)
    case "laplace posterior": Self.through(Self.plain) { $0.encoders[0] = Self.encoder(.laplace) }
    case "full-normal posterior": Self.through(Self.plain) { $0.encoders[0] = Self.encoder(.fullNormal) }
    case "planar": Self.through(Self.plain) { $0.encoders[0].flow = [Self.flow[0]] }
    case "coupling": Self.through(Self.plain) { $0.encoders[0].flow = [Self.flow[1]] }
    case "autoregressive": Self.through(Self.plain) { $0.encoders[0].flow = [Self.flow[2]] }
    case "all flows": Self.through(Self.plain) { $0.encoders[0].flow = Self.flow }
    case "mixture":
      Self.through(Self.plain) {
        $0.prior = .normalMixture(
          logits: Self.numbers([4], 40), mean: Self.numbers([4, 3], 41, 2), scaleName: .logScale,
          scale: Self.numbers([4, 3], 42, 0.5))
      }
    case "vamp":
      Self.through(Self.plain) { $0.prior = .vampPrior(logits: nil, pseudoInputs: Self.numbers([5, 6], 43)) }
    case "two layers": Self.twoLayers
    default: Distribution(rawValue: name).map { Self.through(Self.plain, likelihood: $0) }
    }
  }

  private static func encoder(_ family: Distribution = .normal) -> Conditional {
    Conditional(
      family, given: [0],
      parameters: [
        .mean: head(pixels, latents, 1, 0.3),
        family == .fullNormal ? .scaleTril : .logScale: family == .fullNormal
          ? triangle(latents, 3, 0.5) : head(pixels, latents, 2, 0.2),
      ])
  }

  private static func likelihood(
    _ family: Distribution, given: [Int], _ trunk: [Layer], width: Int
  ) -> Conditional {
    let names: [ParameterName] =
      switch family {
      case .normal: [.mean, .logVariance]
      case .fullNormal: [.mean]
      case .laplace, .discretizedLogistic: [.mean, .logScale]
      case .bernoulli, .continuousBernoulli, .categorical: [.logits]
      case .logisticMixture: [.logits, .mean, .logScale]
      case .beta: [.logAlpha, .logBeta]
      case .poisson: [.logRate]
      case .negativeBinomial: [.logMean, .logDispersion]
      case .zeroInflatedNegativeBinomial: [.logMean, .logDispersion, .dropoutLogits]
      }
    let components = family == .categorical ? 3 : family == .logisticMixture ? 2 : 1
    var parameters: [ParameterName: Parameter] = [:]
    for (index, name) in names.enumerated() {
      parameters[name] = head(width, pixels * components, Double(20 + index))
    }
    if family == .fullNormal { parameters[.scaleTril] = triangle(pixels, 22, 0.4) }
    var result = Conditional(family, given: given, trunk: Stack(trunk), parameters: parameters)
    result.bins = 16
    return result
  }

  private static func through(
    _ trunk: [Layer], width: Int = 5, likelihood family: Distribution = .bernoulli,
    format: DataFormat = .channelsLast, _ change: (inout ModelDescription) -> Void = { _ in }
  ) -> ModelDescription {
    var model = ModelDescription(
      input: .init(shape: [pixels]), encoders: [encoder()],
      decoders: [likelihood(family, given: [1], trunk, width: width)])
    model.dataFormat = format
    change(&model)
    return model
  }

  private static let plain = [dense(latents, 5, 10, 0.7, .tanh)]

  private static var images: [Layer] {
    var transposed = TransposedConvolution(
      weight: numbers([3, 4, 3, 3], 11, 0.4), layout: .weight, bias: numbers([4], 12, 0.3))
    transposed.stride = [2, 2]
    transposed.padding = .explicit(top: 1, bottom: 1, left: 1, right: 1)
    transposed.outputPadding = [1, 1]
    var variance = numbers([4], 14, 0.5)
    variance.values = variance.values.map { Float(1 + Double($0)) }
    var moments = BatchNormalization(
      mean: numbers([4], 13, 0.2), variance: variance, scale: numbers([4], 15), offset: numbers([4], 16))
    moments.epsilon = 1e-3
    var convolution = Convolution(weight: numbers([4, 2, 3, 3], 17, 0.4), layout: .weight)
    convolution.padding = .explicit(top: 2, bottom: 2, left: 2, right: 2)
    convolution.dilation = [2, 2]
    convolution.groups = 2
    return [
      dense(latents, 12, 10, 0.7, .softplus), Layer(.reshape([3, 2, 2])), Layer(.transposedConvolution(transposed)),
      Layer(.batchNormalization(moments), activation: .leakyReLU(alpha: 0.2)),
      Layer(.residual(body: Stack([Layer(.convolution(convolution))]), shortcut: Stack())),
      Layer(.upsampling(Upsampling(factor: [2, 2]))),
      Layer(.pooling(Pooling(.maximum, size: [3, 3], stride: [2, 2]))),
      Layer(.upsampling(Upsampling(factor: [2, 2], mode: .bilinear))),
      Layer(.pooling(Pooling(.average, size: [2, 2]))), Layer(.pad([0, 1, 1, 0])), Layer(.crop([1, 0, 0, 0])),
      Layer(.flatten),
    ]
  }

  private static var joined: [Layer] {
    [
      dense(latents, 6, 10, 0.7, .gelu),
      Layer(
        .residual(body: Stack([dense(6, 6, 11, 0.7, .silu), dense(6, 6, 12)]), shortcut: Stack())),
      Layer(.reshape([3, 2])),
      Layer(
        .concatenation([
          Stack([dense(2, 4, 13)]), Stack(), Stack([dense(2, 3, 14, 0.7, .softmax)]),
        ])),
      Layer(.layerNormalization(LayerNormalization(scale: numbers([9], 15), offset: numbers([9], 16)))),
      Layer(.flatten, activation: .geluTanh),
    ]
  }

  private static var flow: [FlowStep] {
    let network = { (seed: Double) in Stack([dense(3, 5, seed, 0.7, .tanh), dense(5, 3, seed + 1, 0.4)]) }
    let masked = { (seed: Double, isDiagonal: Bool) in
      var weight = numbers([3, 3], seed, 0.8)
      for row in 0..<3 {
        for column in 0..<3 where column > row || (column == row && !isDiagonal) { weight.values[row * 3 + column] = 0 }
      }
      return Layer(
        .dense(Dense(weight: weight, layout: .weight, bias: numbers([3], seed + 0.5, 0.3))), activation: .tanh)
    }
    let autoregressive = { (seed: Double) in Stack([masked(seed, false), masked(seed + 1, true)]) }
    return [
      .planar(u: numbers([3], 30, 0.8), w: numbers([3], 31, 0.8), b: 0.25),
      .affineCoupling(mask: Tensor([1, 0, 1]), shift: network(32), logScale: network(34)),
      .inverseAutoregressive(shift: autoregressive(36), logScale: autoregressive(38)),
    ]
  }

  private static var twoLayers: ModelDescription {
    ModelDescription(
      input: .init(shape: [pixels]),
      encoders: [
        encoder(.laplace),
        Conditional(
          .normal, given: [1, 0], parameters: [.mean: head(9, 2, 50, 0.3), .logScale: head(9, 2, 51, 0.3)]),
      ],
      decoders: [
        likelihood(.bernoulli, given: [2, 1], [dense(5, 5, 10, 0.7, .tanh)], width: 5),
        Conditional(
          .normal, given: [2], trunk: Stack([dense(2, 4, 52, 0.7, .tanh)]),
          parameters: [.mean: head(4, 3, 53, 0.7), .logScale: head(4, 3, 54, 0.7)]),
      ])
  }
}
