// A script that imports Evidence has models: what they are made of, and the networks that compute them.
@_exported public import Models
@_exported public import Networks
