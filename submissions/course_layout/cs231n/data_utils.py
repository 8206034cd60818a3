import pickle
import numpy as np
import os


def load_CIFAR10(ROOT):
    """Training and test pictures, as arrays of shape (N, 32, 32, 3)."""
    def batch(name):
        with open(os.path.join(ROOT, name), 'rb') as f:
            content = pickle.load(f, encoding='latin1')
        X = content['data'].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype('float')
        return X, np.array(content['labels'])

    parts = [batch('data_batch_%d' % b) for b in range(1, 6)]
    return (np.concatenate([X for X, _ in parts]), np.concatenate([y for _, y in parts])) + batch('test_batch')
