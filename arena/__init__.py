"""Backdoor Arena: do backdoor defences generalise to triggers the defender never saw?"""
