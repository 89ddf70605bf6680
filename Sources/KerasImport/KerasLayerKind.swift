import JSON

/// What the importer knows about the layer classes of Keras.
enum KerasLayerKind {
  /// Has an equivalent in the model format, or none is needed.
  case known
  /// A layer of Keras that the model format has nothing for.
  case foreign
  /// Arbitrary computation: a Lambda, an operation, a class of the author's. The sampling layer is one.
  case opaque

  init(_ layer: KerasLayer) {
    if layer.isKerasLayer, layer.model == nil {
      if KerasLayerKind.knownClasses.contains(layer.className) {
        self = .known
        return
      }
      if KerasLayerKind.foreignClasses.contains(layer.className) {
        self = .foreign
        return
      }
    }
    self = .opaque
  }

  /// The classes that have weights, with the names of their variables in the order in which Keras 2 and 3 store them.
  static func variables(of layer: KerasLayer) -> [String]? {
    let config = layer.config
    let bias = (config["use_bias"] ?? config["bias"])?.bool ?? true ? ["bias"] : []
    switch layer.className {
    case "Dense", "Conv2D", "Convolution2D", "Conv2DTranspose", "Convolution2DTranspose", "Deconvolution2D":
      return ["kernel"] + bias
    case "DepthwiseConv2D": return ["depthwise_kernel"] + bias
    case "SeparableConv2D", "SeparableConvolution2D": return ["depthwise_kernel", "pointwise_kernel"] + bias
    case "BatchNormalization":
      return (config["scale"]?.bool ?? true ? ["gamma"] : []) + (config["center"]?.bool ?? true ? ["beta"] : [])
        + ["moving_mean", "moving_variance"]
    case "LayerNormalization":
      return (config["scale"]?.bool ?? true ? ["gamma"] : []) + (config["center"]?.bool ?? true ? ["beta"] : [])
    case "PReLU": return ["alpha"]
    default: return nil
    }
  }

  /// Layers that do nothing when a model is evaluated.
  static let ignoredClasses: Set = [
    "Dropout", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization",
    "Identity",
  ]

  static let mergingClasses: Set = ["Add", "Concatenate"]

  private static let knownClasses: Set<String> = ignoredClasses.union(mergingClasses).union([
    "InputLayer", "Dense", "Conv2D", "Convolution2D", "Conv2DTranspose", "Convolution2DTranspose", "Deconvolution2D",
    "DepthwiseConv2D", "SeparableConv2D", "SeparableConvolution2D", "BatchNormalization", "LayerNormalization",
    "Activation", "LeakyReLU", "ReLU", "ELU", "Softmax", "PReLU", "Flatten", "Reshape", "MaxPooling2D", "MaxPool2D",
    "AveragePooling2D", "AvgPool2D", "GlobalAveragePooling2D", "GlobalAvgPool2D", "GlobalMaxPooling2D",
    "GlobalMaxPool2D", "UpSampling2D", "ZeroPadding2D", "Cropping2D", "Rescaling",
  ])

  private static let foreignClasses: Set = [
    "Attention", "AveragePooling1D", "AveragePooling3D", "Average", "Bidirectional", "CategoryEncoding", "ConvLSTM2D",
    "Conv1D", "Conv1DTranspose", "Conv3D", "Conv3DTranspose", "Cropping1D", "Cropping3D", "Discretization", "Dot",
    "DepthwiseConv1D", "EinsumDense", "Embedding", "GRU", "GlobalAveragePooling1D", "GlobalAveragePooling3D",
    "GlobalMaxPooling1D", "GlobalMaxPooling3D", "GroupNormalization", "GroupQueryAttention", "LSTM",
    "LocallyConnected1D", "LocallyConnected2D", "Masking", "MaxPooling1D", "MaxPooling3D", "Maximum", "Merge",
    "Minimum", "MultiHeadAttention", "Normalization", "Permute", "RMSNormalization", "RNN", "RandomFlip",
    "RandomRotation", "RandomZoom", "RepeatVector", "Resizing", "SeparableConv1D", "SimpleRNN",
    "SpectralNormalization", "SpatialDropout1D", "ThresholdedReLU", "TimeDistributed", "UnitNormalization",
    "UpSampling1D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding3D",
  ]
}
