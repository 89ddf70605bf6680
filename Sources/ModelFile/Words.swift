import Models

/// The words of the model format, in one table each, for the reader and the writer.
enum Words {
  static let distributions = Distribution.allCases.map { ($0.rawValue, $0) }
  static let binarizations = Binarization.allCases.map { ($0.rawValue, $0) }
  static let dataFormats: [(String, DataFormat)] = [
    ("channels_last", .channelsLast), ("channels_first", .channelsFirst),
  ]
  static let upsamplingModes: [(String, Upsampling.Mode)] = [("nearest", .nearest), ("bilinear", .bilinear)]

  enum LayerKind: String, CaseIterable {
    case dense, activation, flatten, reshape, residual, concat
    case convolution = "conv2d"
    case transposedConvolution = "conv2d-transpose"
    case batchNormalization = "batch-norm"
    case layerNormalization = "layer-norm"
    case maximumPooling = "max-pool2d"
    case averagePooling = "average-pool2d"
    case upsampling = "upsample2d"
    case convolution1D = "conv1d"
    case transposedConvolution1D = "conv1d-transpose"
    case groupNormalization = "group-norm"
    case instanceNormalization = "instance-norm"
    case pixelShuffle = "pixel-shuffle"
    case permute, product
    case crop = "crop2d"
    case pad = "pad2d"
  }
  static let layers = LayerKind.allCases.map { ($0.rawValue, $0) }

  enum FlowKind: String, CaseIterable {
    case planar
    case affineCoupling = "affine-coupling"
    case inverseAutoregressive = "inverse-autoregressive"
  }
  static let flows = FlowKind.allCases.map { ($0.rawValue, $0) }

  enum CovariateKind: String, CaseIterable {
    case categorical, continuous
  }
  static let covariateKinds = CovariateKind.allCases.map { ($0.rawValue, $0) }

  enum PriorKind: String, CaseIterable {
    case standardNormal = "standard-normal"
    case normal
    case normalMixture = "normal-mixture"
    case vamp
  }
  static let priors = PriorKind.allCases.map { ($0.rawValue, $0) }

  /// Activations with the numbers that they have by default. Made anew each time: LeakSanitizer takes a constant of them for a
  /// leak, since it does not see through Swift's tagged pointers.
  static var activations: [(String, Activation)] {
    [
      Activation.identity, .relu, .leakyReLU(), .elu(), .selu, .tanh, .sigmoid, .softplus, .gelu, .geluTanh, .silu,
      .exp,
      .hardTanh(), .softmax, .abs, .square, .sqrt, .log, .log1p, .hardSwish, .hardSigmoid, .mish, .softsign, .celu(),
      .prelu(slope: Tensor([0])),
    ].map { ($0.name, $0) } + [("relu6", .hardTanh(min: 0, max: 6))]
  }

  /// What pad2d adds; nil for zeros.
  static let paddingModes: [(String, BorderMode?)] = [("zeros", nil), ("replicate", .replicate), ("reflect", .reflect)]
  static let shuffleOrders = PixelShuffle.Order.allCases.map { ($0.rawValue, $0) }

  /// The names that a scale may be stored under, in the prior and in normal conditionals.
  static let scales: [ParameterName] = [.logVariance, .logScale, .scale, .variance]
}

extension ParameterName {
  /// What a stored value must be by the meaning of its name, in words; nil where any number will do.
  var range: (words: String, isAllowed: (Float) -> Bool)? {
    switch self {
    case .scale, .variance, .alpha, .beta, .rate, .dispersion: ("more than 0", { $0 > 0 })
    case .probabilities: ("0 … 1", { $0 >= 0 && $0 <= 1 })
    default: nil
    }
  }
}
