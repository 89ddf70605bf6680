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
      if KerasLayerKind.knownClasses.contains(layer.className) || layer.distributed.className == "Dense" {
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
    let layer = layer.distributed
    let config = layer.config
    let bias = (config["use_bias"] ?? config["bias"])?.bool ?? true ? ["bias"] : []
    switch layer.className {
    case "Dense", "Conv1D", "Convolution1D", "Conv1DTranspose", "Convolution1DTranspose", "Conv2D", "Convolution2D",
      "Conv2DTranspose", "Convolution2DTranspose", "Deconvolution2D":
      return ["kernel"] + bias
    case "DepthwiseConv2D": return ["depthwise_kernel"] + bias
    case "SeparableConv2D", "SeparableConvolution2D": return ["depthwise_kernel", "pointwise_kernel"] + bias
    case "BatchNormalization":
      return (config["scale"]?.bool ?? true ? ["gamma"] : []) + (config["center"]?.bool ?? true ? ["beta"] : [])
        + ["moving_mean", "moving_variance"]
    case "Normalization":
      // Moments that are part of the configuration are no variables.
      return config["mean"] == nil ? ["mean", "variance", "count"] : []
    case "LayerNormalization", "GroupNormalization":
      return (config["scale"]?.bool ?? true ? ["gamma"] : []) + (config["center"]?.bool ?? true ? ["beta"] : [])
    case "PReLU": return ["alpha"]
    case "Embedding": return ["embeddings"]
    default: return nil
    }
  }

  /// Layers that do nothing when a model is evaluated.
  static let ignoredClasses: Set = [
    "Dropout", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization",
    "SpatialDropout1D", "Identity",
  ]

  private static let mergingClasses: Set = [
    "Add", "Multiply", "Subtract", "Average", "Maximum", "Minimum", "Concatenate",
  ]

  private static let knownClasses: Set<String> = ignoredClasses.union(mergingClasses).union([
    "InputLayer", "Dense", "Conv2D", "Convolution2D", "Conv2DTranspose", "Convolution2DTranspose", "Deconvolution2D",
    "DepthwiseConv2D", "SeparableConv2D", "SeparableConvolution2D", "BatchNormalization", "LayerNormalization",
    "Activation", "LeakyReLU", "ReLU", "ELU", "Softmax", "PReLU", "Flatten", "Reshape", "MaxPooling2D", "MaxPool2D",
    "AveragePooling2D", "AvgPool2D", "GlobalAveragePooling2D", "GlobalAvgPool2D", "GlobalMaxPooling2D",
    "GlobalMaxPool2D", "UpSampling2D", "ZeroPadding2D", "Cropping2D", "Rescaling", "GroupNormalization",
    "Normalization", "Conv1D", "Convolution1D", "Conv1DTranspose", "Convolution1DTranspose", "MaxPooling1D",
    "MaxPool1D", "AveragePooling1D", "AvgPool1D", "GlobalAveragePooling1D", "GlobalAvgPool1D", "GlobalMaxPooling1D",
    "GlobalMaxPool1D", "UpSampling1D", "ZeroPadding1D", "Cropping1D", "RepeatVector", "Permute", "Resizing",
    "Embedding",
  ])

  private static let foreignClasses: Set = [
    "Attention", "AveragePooling3D", "Bidirectional", "CategoryEncoding", "ConvLSTM2D",
    "Conv3D", "Conv3DTranspose", "Cropping3D", "Discretization", "Dot",
    "DepthwiseConv1D", "EinsumDense", "GRU", "GlobalAveragePooling3D",
    "GlobalMaxPooling3D", "GroupQueryAttention", "LSTM",
    "LocallyConnected1D", "LocallyConnected2D", "Masking", "MaxPooling3D", "Merge",
    "MultiHeadAttention", "RMSNormalization", "RNN", "RandomFlip",
    "RandomRotation", "RandomZoom", "SeparableConv1D", "SimpleRNN",
    "SpectralNormalization", "ThresholdedReLU", "TimeDistributed", "UnitNormalization",
    "UpSampling3D", "ZeroPadding3D",
  ]
}

extension KerasLayer {
  /// The fully connected layer that TimeDistributed applies to each step, as everywhere; otherwise the layer itself.
  var distributed: KerasLayer {
    guard className == "TimeDistributed", let inner = config["layer"], inner["class_name"]?.string == "Dense" else {
      return self
    }
    var result = self
    result.className = "Dense"
    result.config = inner["config"] ?? .object([])
    return result
  }
}
