import Testing

/// Everything about importing models that Keras has saved.
@Suite struct KerasTests {}
